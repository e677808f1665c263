"""Reads the weights of a PyTorch file of the old format (before 1.6) without PyTorch, and runs no code of it.

Layout, after torch/serialization.py `_legacy_load`: pickles of a magic number, the protocol and the machine's
sizes, the state dictionary with persistent references to storages, the list of the storages' keys, and then
for each key its length as int64 and its numbers.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Storage:
    def __init__(self, dtype: np.dtype[Any], count: int) -> None:
        self.dtype, self.count = dtype, count
        self.numbers: NDArray[Any] = np.empty(0, dtype)


class _Tensor:
    def __init__(self, storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> None:
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride

    def array(self) -> NDArray[Any]:
        step = self.storage.dtype.itemsize
        view = np.lib.stride_tricks.as_strided(
            self.storage.numbers[self.offset :], self.size, [s * step for s in self.stride], writeable=False
        )
        return np.array(view)


class _Unpickler(pickle.Unpickler):
    storages: dict[str, _Storage]

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a weights file")

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, _, count, _ = pid
        return self.storages.setdefault(key, _Storage(_TYPES[kind], count))


def read_torch(path: Path) -> dict[str, NDArray[Any]]:
    """Tensors by name. Raises pickle.UnpicklingError when the file names anything but tensors."""
    storages: dict[str, _Storage] = {}
    with path.open("rb") as file:

        def unpickled() -> Any:
            unpickler = _Unpickler(file)
            unpickler.storages = storages
            return unpickler.load()

        if unpickled() != _MAGIC:
            raise pickle.UnpicklingError("not a PyTorch file of the old format")
        unpickled(), unpickled()
        state = unpickled()
        for key in unpickled():
            storage = storages[key]
            (count,) = np.frombuffer(file.read(8), "<i8")
            storage.numbers = np.frombuffer(file.read(int(count) * storage.dtype.itemsize), storage.dtype)
    return {name: tensor.array() for name, tensor in state.items()}
