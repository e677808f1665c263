"""Azure Computer Vision v3.1."""
