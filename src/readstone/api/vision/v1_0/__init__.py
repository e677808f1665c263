"""Azure Computer Vision v1.0."""
