"""Which kind of file it is, by its first bytes."""

from __future__ import annotations

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.judged_page import FileBytes

# A PDF's header may have up to this much before it (ISO 32000-1, annex H.3.4.1).
_PDF_HEADER_WITHIN = 1024

_SIGNATURES = {
    "Jpeg": (b"\xff\xd8\xff",),
    "Png": (b"\x89PNG\r\n\x1a\n",),
    "Tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "Gif": (b"GIF87a", b"GIF89a"),
    "Ico": (b"\0\0\1\0", b"\0\0\2\0"),
    "Jpeg2000": (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
    "Psd": (b"8BPS",),
}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # lengths of the second header, in all its versions
_BOXED = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")  # ISO 14496-12 brands of still images

_SPELLINGS = {"Jpeg": "JPEG", "Png": "PNG", "Bmp": "BMP", "Pdf": "PDF", "Tiff": "TIFF"}


def kind_of(data: FileBytes, accepted: frozenset[str]) -> str:
    """The file's kind, one of `accepted`.

    Raises Refusal: UNSUPPORTED_IMAGE_FORMAT when it is a known image or document format but no accepted
    one, IMAGE_FORMAT when it is neither.
    """
    kind = _known(data[:_PDF_HEADER_WITHIN])
    if kind is None:
        raise Refusal(Reason.IMAGE_FORMAT, "Input data is not a valid image.")
    if kind not in accepted:
        names = ", ".join(name for kind, name in _SPELLINGS.items() if kind in accepted)
        raise Refusal(Reason.UNSUPPORTED_IMAGE_FORMAT, f"The input's format is not supported. Supported are {names}.")
    return kind


def may_be_pdf(data: FileBytes) -> bool:
    """Whether `kind_of` might say Pdf."""
    return b"%PDF-" in data[:_PDF_HEADER_WITHIN]


def _known(head: bytes) -> str | None:
    for kind, starts in _SIGNATURES.items():
        if head.startswith(starts):
            return kind
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "Bmp"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "Webp"
    if head[4:8] == b"ftyp" and head[8:12] in _BOXED:
        return "Heif"
    return "Pdf" if may_be_pdf(head) else None
