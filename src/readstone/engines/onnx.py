"""The one place where a model is loaded and run: onnxruntime on the CPU."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from readstone.engines.denormals import without_denormals
from readstone.engines.model_file import ModelFile

_FIRST_REGION = 512 << 20  # bytes

_registering = threading.Lock()
_registered: list[str] = []


def _share_arena() -> None:
    """Have the process keep one arena for all models that take part.

    With one each they would all grow to what they need at their largest, and models run in turns. Without any, the
    system gives and clears the detector's hundreds of megabytes anew on every page, a tenth of the whole time.
    """
    with _registering:
        if not _registered:
            cpu = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
            # Grown by powers of two (0): by just what is asked for (1), pages of many sizes left more in pieces. What
            # two regions have free beside each other is not one piece: the first holds all that a page takes. It is
            # only set aside; the system gives the memory as it is written to.
            growth = {"arena_extend_strategy": 0, "max_mem": 0, "initial_chunk_size_bytes": _FIRST_REGION}
            unset = {"max_dead_bytes_per_chunk": -1}
            ort.create_and_register_allocator(cpu, ort.OrtArenaCfg(growth | unset))
            _registered.append("cpu")


class Model:
    """One verified model with one float32 input and float32 outputs.

    `run` may be called by any number of threads at once: onnxruntime keeps no state between runs.
    `threads` is how many cores one run may use, `arena` whether its memory comes from the one arena of the process,
    which keeps what is freed for the next run of any model. `file` may also be the bytes of an ONNX file that was
    made of a verified one. Raises ModelUnusableError when the file is not the one that the manifest names.
    """

    def __init__(self, file: ModelFile | bytes, *, threads: int, arena: bool) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A waiting worker must sleep, not spin: the cores belong to other lines and other requests.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Every picture has its own size: plans kept per size, and a pool grown to the largest, would only
        # hold memory (1.2 GB after a few pages, against half of it; the time is the same).
        options.enable_mem_pattern = False
        options.enable_cpu_mem_arena = arena
        if arena:
            _share_arena()
            options.add_session_config_entry("session.use_env_allocators", "1")
        content = without_denormals(file if isinstance(file, bytes) else file.verified())
        self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._input: str = self._session.get_inputs()[0].name
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._runs = 0

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the file says about itself, such as the recogniser's characters."""
        found: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        return found

    @property
    def seconds(self) -> float:
        """Wall time spent inside the model so far, summed over threads (for benchmarks)."""
        return self._seconds

    @property
    def runs(self) -> int:
        """How often the model ran."""
        return self._runs

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """The model's first output for one input tensor."""
        return self.run_all(tensor)[0]

    def run_all(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs, in the file's order, for one input tensor."""
        start = time.perf_counter()
        outputs: list[NDArray[np.float32]] = self._session.run(None, {self._input: tensor})
        spent = time.perf_counter() - start
        with self._lock:
            self._seconds += spent
            self._runs += 1
        return outputs
