"""Wire shapes of v3.0: those of v2_1 where nothing changed."""

from readstone.api.vision.v2_1.codec import encode_ocr

__all__ = ["encode_ocr"]
