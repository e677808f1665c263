"""/vision/v1.0 to v3.2: one folder of routes.py and codec.py a version."""
