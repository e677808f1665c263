"""Which model files there are, where they come from, and whether they are the ones we know.

The weights arrive inside packages from the ordinary package registry and are read in place: nothing is
downloaded at run time, and the packages that carry them are not imported. Weights that were trained or
converted by `tools/` lie in this package below `models/`, each with its card.
"""

from __future__ import annotations

from readstone.engines.model_file import OURS, ModelFile, ModelUnusableError

__all__ = ["DEFAULT_MODELS", "OURS", "TEXT_DETECTOR", "TEXT_RECOGNISER", "ModelFile", "ModelUnusableError"]

TEXT_LANGUAGES = (
    "zh-Hans", "zh-Hant", "ja", "en", "cs", "da", "de", "es", "fi", "fr", "hu", "it", "nb", "nl", "pl", "pt",
    "ro", "sk", "sr-Latn", "sv", "tr",
)  # fmt: skip

TEXT_DETECTOR = ModelFile(
    name="text-detector",
    distribution="rapidocr",
    version="3.10.0",
    path="rapidocr/models/PP-OCRv6_det_small.onnx",
    sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    licence="Apache-2.0",
    languages=(),
    purpose="finds lines of text: PP-OCRv6 small, differentiable binarisation",
)

TEXT_RECOGNISER = ModelFile(
    name="text-recogniser",
    distribution="rapidocr",
    version="3.10.0",
    path="rapidocr/models/PP-OCRv6_rec_small.onnx",
    sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    licence="Apache-2.0",
    languages=TEXT_LANGUAGES,
    purpose="reads one line of text: PP-OCRv6 small, CTC over 18,708 characters",
)

DEFAULT_MODELS: tuple[ModelFile, ...] = (TEXT_DETECTOR, TEXT_RECOGNISER)
"""Every file that the default engines load."""
