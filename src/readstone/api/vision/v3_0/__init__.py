"""Azure Computer Vision v3.0."""
