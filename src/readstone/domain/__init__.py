"""Frozen dataclasses of the field: geometry, text, options, refusals. No I/O, no HTTP, no models."""
