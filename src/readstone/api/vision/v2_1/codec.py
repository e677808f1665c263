"""Wire shapes of v2.1: those of v2_0 where nothing changed."""

from readstone.api.vision.v2_0.codec import encode_ocr

__all__ = ["encode_ocr"]
