"""Wire shapes of v3.1: those of v3_0 where nothing changed."""

from readstone.api.vision.v3_0.codec import encode_ocr

__all__ = ["encode_ocr"]
