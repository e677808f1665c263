"""Wire shapes of v2.0: those of v1_0 where nothing changed."""

from readstone.api.vision.v1_0.codec import encode_ocr

__all__ = ["encode_ocr"]
