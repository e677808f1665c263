"""The store for many machines: records, inputs and results in PostgreSQL, with Procrastinate's queue beside them."""
