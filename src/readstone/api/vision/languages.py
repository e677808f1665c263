"""Language codes that operations accept (contract section 9)."""

from __future__ import annotations

UNKNOWN = "unk"
"""Ask the server to find out."""

OCR = frozenset(
    "unk zh-Hans zh-Hant cs da nl en fi fr de el hu it ja ko nb pl pt ru es sv tr ar ro sr-Cyrl sr-Latn sk".split()
)
"""`language` of /ocr, every version (9.1)."""
