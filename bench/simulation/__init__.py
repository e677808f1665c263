"""A queueing simulation of API, PostgreSQL and workers, driven by measured times: `python bench/simulate.py`."""
