"""The commands: serve, read, keys, models, doctor."""
