"""Azure Computer Vision v2.0."""
