"""Bytes and URLs in, safe upright pixels out."""
