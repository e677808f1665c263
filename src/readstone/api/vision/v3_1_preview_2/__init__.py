"""Azure Computer Vision v3.1-preview.2: Read with page ranges and styles."""
