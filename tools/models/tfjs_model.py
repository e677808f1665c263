"""Reads a TensorFlow.js graph model (model.json and its shards): nodes and weights as numpy arrays."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `attributes` have TensorFlow's names, strings and numbers decoded."""

    name: str
    operation: str
    inputs: tuple[str, ...]
    attributes: dict[str, Any]


def read_tfjs(path: Path) -> tuple[list[Node], dict[str, NDArray[Any]]]:
    """Nodes by name order of the file, and weights by name, widened to the type that they had in training."""
    document = json.loads(path.read_text("utf-8"))
    nodes = [
        Node(
            entry["name"],
            entry["op"],
            tuple(name.lstrip("^") for name in entry.get("input", ())),
            {key: _attribute(value) for key, value in entry.get("attr", {}).items()},
        )
        for entry in document["modelTopology"]["node"]
    ]
    weights: dict[str, NDArray[Any]] = {}
    for group in document["weightsManifest"]:
        content = b"".join((path.parent / shard).read_bytes() for shard in group["paths"])
        at = 0
        for spec in group["weights"]:
            stored = np.dtype(spec.get("quantization", spec)["dtype"])
            count = int(np.prod(spec["shape"], dtype=np.int64))
            flat = np.frombuffer(content, stored.newbyteorder("<"), count, at)
            at += flat.nbytes
            weights[spec["name"]] = _widened(flat, spec).reshape(spec["shape"])
        if at != len(content):
            raise ValueError(f"{path.name}: {len(content) - at} bytes of weights belong to nothing")
    return nodes, weights


def _widened(flat: NDArray[Any], spec: dict[str, Any]) -> NDArray[Any]:
    how = spec.get("quantization")
    wide = np.dtype(spec["dtype"])
    if how and "scale" in how:
        return (flat.astype(wide) * wide.type(how["scale"]) + wide.type(how["min"])).astype(wide)
    return flat.astype(wide)


def _attribute(value: dict[str, Any]) -> Any:
    if "list" in value:
        return [_attribute({kind: item}) for kind, items in value["list"].items() for item in items]
    ((kind, content),) = value.items()
    if kind == "i":
        return int(content)
    if kind == "s":
        return base64.b64decode(content).decode("ascii")
    return content
