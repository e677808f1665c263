"""The one door to torch, transformers and onnxruntime for plugged-in models: offline, on the best device there is."""

from __future__ import annotations

import gc
import importlib.util
import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

from readstone.domain.refusals import Cancelled
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import never

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
_NEEDED = ("torch", "transformers", "safetensors")
HOW_TO_INSTALL = "pip install 'readstone[large]'"


class Device(StrEnum):
    """Where plugged-in models run; AUTO is a graphics processor where there is a usable one."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


def stay_offline() -> None:
    """Nothing that is imported from now on may look anything up; set before transformers is first imported."""
    os.environ.update(_OFFLINE)


def missing_packages() -> tuple[str, ...]:
    """Packages of the extra `large` that are not installed."""
    return tuple(name for name in _NEEDED if importlib.util.find_spec(name) is None)


class Torch:
    """torch and transformers, imported when the first model needs them.

    `threads`: cores that a run may use. Raises ModelUnusableError where they are not installed or `device` is CUDA and
    there is none.
    """

    def __init__(self, device: Device, threads: int) -> None:
        stay_offline()
        if missing := missing_packages():
            raise ModelUnusableError(f"{', '.join(missing)} not installed: {HOW_TO_INSTALL}")
        self.torch: Any = import_module("torch")
        self.transformers: Any = import_module("transformers")
        self.transformers.utils.logging.disable_progress_bar()
        self.torch.set_num_threads(threads)
        found = self.torch.cuda.is_available()
        if device is Device.CUDA and not found:
            raise ModelUnusableError("READSTONE_ENGINE_DEVICE is cuda, but torch finds no usable graphics processor")
        self.device = "cuda" if found and device is not Device.CPU else "cpu"

    def model(self, kind: str, folder: Path, spare: str = "") -> Any:
        """The class `kind` of transformers with the weights of `folder`, ready to run.

        Weights whose name starts with `spare` may be missing: what they belong to is never run.

        Only safetensors are read, which hold numbers and nothing that runs; code that lies beside them is ignored.
        Raises ModelUnusableError when the folder does not hold such a model whole.
        """
        made, report = getattr(self.transformers, kind).from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=self.torch.float32,  # else that of the file: halves are no faster on a processor, where some fail
            output_loading_info=True,
        )
        missing = sorted(key for key in report["missing_keys"] if not (spare and key.startswith(spare)))
        if missing:
            raise ModelUnusableError(f"{folder} lacks weights of a {kind}: {', '.join(missing[:5])}")
        return made.eval().to(self.device)

    def tokenizer(self, folder: Path) -> Any:
        """The tokenizer of `folder`."""
        return self.transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)

    def tensor(self, values: Any) -> Any:
        """An array as a tensor on the device."""
        return self.torch.from_numpy(values).to(self.device)

    def written(
        self,
        model: Any,
        inputs: Mapping[str, Any],
        *,
        longest: int,
        beams: int = 1,
        most: int = 1,
        cancelled: Callable[[], bool] = never,
    ) -> tuple[Any, list[float]]:
        """What `model` writes to `inputs`, at most `longest` tokens: the ids of `most` sequences for each input, and of
        each sequence the mean natural logarithm of its tokens' probabilities.

        One beam is greedy. Raises Cancelled; nobody waits for the rest of a sentence once the caller has left.
        """
        with self.torch.inference_mode():
            found: Any = model.generate(
                **inputs,
                num_beams=beams,
                num_return_sequences=most,
                do_sample=False,
                max_new_tokens=longest,
                length_penalty=1.0,
                return_dict_in_generate=True,
                output_scores=True,
                stopping_criteria=self._stop_when(cancelled),
            )
            if cancelled():
                raise Cancelled
            if beams > 1:
                return found.sequences, found.sequences_scores.tolist()
            scores = model.compute_transition_scores(found.sequences, found.scores, normalize_logits=True)
            scores = scores.masked_fill(self._after_end(model, found.sequences[:, -scores.shape[1] :]), -math.inf)
        return found.sequences, [_mean(row) for row in scores.float().cpu().tolist()]

    def _after_end(self, model: Any, tokens: Any) -> Any:
        """Which of the written tokens only fill up a sequence that ended before the longest of its batch."""
        ends = self.torch.tensor(model.generation_config.eos_token_id, device=tokens.device).reshape(-1)
        ended = self.torch.isin(tokens, ends).long()
        return ended.cumsum(1) - ended > 0

    def _stop_when(self, cancelled: Callable[[], bool]) -> Any:
        """Stopping criteria that hold once the caller has left."""
        torch = self.torch

        class Left(self.transformers.StoppingCriteria):  # type: ignore[misc, name-defined]  # imported late
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002 - its signature
                return torch.full((len(input_ids),), cancelled(), dtype=torch.bool, device=input_ids.device)

        return self.transformers.StoppingCriteriaList([Left()])


def _mean(logarithms: list[float]) -> float:
    """Of those that are finite: tokens after the end have none."""
    told = [value for value in logarithms if math.isfinite(value)]
    return sum(told) / len(told) if told else -math.inf


def release_memory() -> None:
    """Give what dropped models held back to the system and the graphics processor."""
    gc.collect()
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def onnx_session(file: Path, device: Device, threads: int) -> Any:
    """An onnxruntime session, on the graphics processor where there is one that onnxruntime can use."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = [] if device is Device.CPU else ["CUDAExecutionProvider"]
    providers = [name for name in wanted if name in ort.get_available_providers()]
    if device is Device.CUDA and not providers:
        raise ModelUnusableError("READSTONE_ENGINE_DEVICE is cuda, but onnxruntime knows no such device")
    return ort.InferenceSession(str(file), options, providers=[*providers, "CPUExecutionProvider"])


def json_in(folder: Path, name: str) -> dict[str, Any]:
    """The object in a JSON file of a model's folder, empty where there is no such file.

    Raises ModelUnusableError when it is not an object.
    """
    try:
        said = json.loads((folder / name).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as broken:
        raise ModelUnusableError(f"{folder / name} cannot be read: {broken}") from None
    if not isinstance(said, dict):
        raise ModelUnusableError(f"{folder / name} holds no JSON object")
    return said
