"""The net that tells handwriting from print, what its input looks like, and how it is written as ONNX."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

ROWS = 32  # as in readstone.engines.read.handwriting_style

Grey = NDArray[np.uint8]


class Style(nn.Module):
    """Grey line, standardised, ink above zero: (n, 1, ROWS, any width) to the log-odds of handwriting (n, 1)."""

    def __init__(self) -> None:
        super().__init__()

        def block(before: int, after: int, stride: int) -> list[nn.Module]:
            return [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]

        self.features = nn.Sequential(
            *block(1, 12, 2), *block(12, 24, 2), *block(24, 32, 1), *block(32, 48, 2), *block(48, 64, 1)
        )
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(128, 1)
        self.register_buffer("temperature", torch.ones(1))

    def forward(self, lines: Tensor) -> Tensor:
        """Log-odds that each line is handwriting."""
        found = self.features(lines)
        pooled = torch.cat([found.mean(dim=(2, 3)), found.amax(dim=(2, 3))], dim=1)
        out: Tensor = self.head(self.drop(pooled)) / self.temperature
        return out


def small(image: Grey) -> Grey:
    """A line image scaled to ROWS rows."""
    width = max(8, round(image.shape[1] * ROWS / image.shape[0]))
    return np.asarray(cv2.resize(image, (width, ROWS), interpolation=cv2.INTER_AREA), np.uint8)


def standard(lines: Tensor) -> Tensor:
    """Mean 0, deviation 1, the rarer shade (the ink) above zero."""
    mean = lines.mean(dim=(2, 3), keepdim=True)
    centred = lines - mean
    scaled = centred / (centred.square().mean(dim=(2, 3), keepdim=True).sqrt() + 4)
    return scaled * torch.where(scaled.pow(3).mean(dim=(2, 3), keepdim=True) < 0, -1.0, 1.0)


def disturbed(lines: Tensor, generator: torch.Generator) -> Tensor:
    """Shade, noise and sharpness varied anew at every use, on drawn and on real lines alike."""
    n = len(lines)

    def some(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand((n, 1, 1, 1), generator=generator)

    value = (lines / 255).clamp(0, 1) ** torch.exp(some(-0.5, 0.5))
    soft = nn.functional.avg_pool2d(nn.functional.pad(value, (1, 1, 1, 1), mode="replicate"), 3, 1)
    value = value + (soft - value) * (some(-0.8, 1.0) * (some(0, 1) < 0.5))
    noise = torch.randn(lines.shape, generator=generator) * some(0, 0.06) * (some(0, 1) < 0.4)
    return (value * some(0.4, 1) + noise).clamp(-0.1, 1.1) * 255


def export(model: Style, out: Path) -> None:
    """Writes ONNX with batch normalisation folded in, width and number of lines left open."""
    buffer = io.BytesIO()
    torch.onnx.export(
        model, (torch.zeros(1, 1, ROWS, 128),), buffer, input_names=["lines"], output_names=["log_odds"],
        dynamic_axes={"lines": {0: "n", 3: "width"}, "log_odds": {0: "n"}}, opset_version=17, dynamo=False,
    )  # fmt: skip
    graph = onnx.load_from_string(buffer.getvalue())
    graph.doc_string = ""
    graph.producer_version = ""
    out.write_bytes(graph.SerializeToString(deterministic=True))
