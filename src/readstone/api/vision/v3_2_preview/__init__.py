"""Azure Computer Vision v3.2-preview, also called v3.2-preview.2."""
