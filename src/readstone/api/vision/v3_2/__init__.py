"""Azure Computer Vision v3.2."""
