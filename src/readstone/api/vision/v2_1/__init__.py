"""Azure Computer Vision v2.1."""
