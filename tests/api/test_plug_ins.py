"""Engines that are not built in, in a running server: the documented example, and models in miniature."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import requests
from PIL import Image

import tiny_models
from analyses import told
from pictures import encoded
from readers import FixedReader
from readstone.engines.large.shelf import Shelf
from serving import KEY, RunningServer, server_in_thread, server_process
from viewers import FixedViewer

EXAMPLE = Path(__file__).parents[2] / "examples" / "engine"
BYTES = {"Ocp-Apim-Subscription-Key": KEY, "Content-Type": "application/octet-stream"}


def code_on_a_wall() -> bytes:
    """A QR code, 150 pixels wide at (200, 60), on grey."""
    code = cv2.QRCodeEncoder.create().encode("hello")
    side = 150
    drawn = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)
    wall = np.full((300, 500), 235, np.uint8)
    wall[60 : 60 + side, 200 : 200 + side] = drawn
    return encoded(Image.fromarray(wall).convert("RGB"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the example."""
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / "engine")
    target = tmp_path_factory.mktemp("installed")
    flags = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *flags, "--target", str(target), str(source)], check=True, timeout=120
    )
    return target


@pytest.fixture(scope="module")
def example(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    environ = {"PYTHONPATH": str(installed), "READSTONE_VIEWER": "qr"}
    with server_process(tmp_path_factory.mktemp("example"), environ) as server:
        yield server


def test_the_example_is_as_short_as_documented() -> None:
    lines = (EXAMPLE / "readstone_qr.py").read_text().splitlines()
    code = [line for line in lines if line.strip() and not line.strip().startswith(('"""', "#"))]
    assert len(code) <= 32


def test_the_example_answers_in_a_running_server(example: RunningServer) -> None:
    def ask(path: str, data: bytes) -> Any:
        answer = requests.post(f"{example.url}/vision/v3.2/{path}", data, headers=BYTES, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    seen = code_on_a_wall()
    assert "qr code" in [tag["name"] for tag in ask("tag", seen)["tags"]]
    [code] = [thing for thing in ask("detect", seen)["objects"] if thing["object"] == "qr code"]
    box = code["rectangle"]
    assert abs(box["x"] - 200) < 15
    assert abs(box["y"] - 60) < 15
    assert abs(box["w"] - 150) < 30
    blank = encoded(Image.new("RGB", (300, 300), "green"))
    assert "qr code" not in [tag["name"] for tag in ask("tag", blank)["tags"]]


def test_a_name_that_nobody_brings_is_told(tmp_path: Path) -> None:
    chosen = {"READSTONE_ENGINE_TAGS": "nobody", "READSTONE_VIEWER": "noone"}
    with pytest.raises(AssertionError) as fault, server_process(tmp_path, chosen):
        pass
    assert "READSTONE_ENGINE_TAGS: no installed package brings an engine 'nobody'" in str(fault.value)
    assert "READSTONE_VIEWER: none is called 'noone'; installed: default" in str(fault.value)
    assert "Traceback" not in str(fault.value)


def test_commands_use_the_chosen_engines(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "code.png").write_bytes(code_on_a_wall())
    command = [sys.executable, "-m", "readstone", "analyze", "--features", "tags", str(tmp_path / "code.png")]
    environ = {**os.environ, "READSTONE_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(installed)}
    done = subprocess.run(
        command, env={**environ, "READSTONE_VIEWER": "qr"}, capture_output=True, text=True, timeout=120, check=False
    )
    assert "qr code" in done.stdout, done.stderr
    wrong = subprocess.run(
        command, env={**environ, "READSTONE_VIEWER": "none"}, capture_output=True, text=True, timeout=120, check=False
    )
    assert wrong.returncode == 2
    assert wrong.stderr == "readstone: READSTONE_VIEWER: none is called 'none'; installed: default, qr\n"


def test_models_in_a_running_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accepted by command, named by setting: 4.0's answers come from them and keep its promises."""
    monkeypatch.setattr("readstone.engines.large.blip._LONGEST", 6)  # random models never end a sentence
    folders = {}
    for name in ("blip", "siglip", "rt_detr"):
        (tmp_path / name).mkdir()
        folders[name] = str(getattr(tiny_models, name)(tmp_path / name))
    shelf = tmp_path / "shelf"
    environ = {**os.environ, "READSTONE_MODELS": str(shelf), "READSTONE_DATA_DIR": str(tmp_path / "data")}
    for folder in folders.values():
        command = [sys.executable, "-m", "readstone", "models", "pull", folder, "--accept"]
        subprocess.run(command, env=environ, check=True, capture_output=True, timeout=120)
    chosen = {
        "engine_caption": folders["blip"],
        "engine_tags": folders["siglip"],
        "engine_vectors": folders["siglip"],
        "engine_objects": folders["rt_detr"],
        "models": str(shelf),
    }
    with server_in_thread(tmp_path / "data", **chosen) as server:
        body = told(server, "2023-10-01", "features=tags,caption,denseCaptions,objects,people")
        words = {word for said in body["denseCaptionsResult"]["values"] for word in said["text"].split()}
        assert words <= set(tiny_models.WORDS)
        assert body["captionResult"]["text"] == body["denseCaptionsResult"]["values"][0]["text"]
        assert 0 < body["captionResult"]["confidence"] < 1
        boxes = [tuple(each["boundingBox"].values()) for each in body["objectsResult"]["values"]]
        assert len(boxes) == len(set(boxes))
        assert body["peopleResult"]["values"]
        url = f"{server.url}/computervision/retrieval:vectorizeText?api-version=2024-02-01&model-version=latest"
        answer = requests.post(url, json={"text": "a dog"}, headers=server.key_header, timeout=60)
        assert answer.json()["modelVersion"].startswith("siglip@")


def ask_for_a_vector(server: RunningServer) -> requests.Response:
    url = f"{server.url}/computervision/retrieval:vectorizeText?api-version=2024-02-01&model-version=latest"
    return requests.post(url, json={"text": "a dog"}, headers=server.key_header, timeout=60)


def test_an_idle_engine_is_dropped_and_comes_back(tmp_path: Path) -> None:
    (tmp_path / "siglip").mkdir()
    folder = str(tiny_models.siglip(tmp_path / "siglip"))
    chosen = {"engine_vectors": folder, "engine_accept": folder, "engine_idle": 0.005}
    with server_in_thread(tmp_path / "data", FixedReader, FixedViewer, **chosen) as server:
        assert server.app
        held = server.app._parts.plugged.embedder
        assert held
        assert not held.loaded
        first = ask_for_a_vector(server)
        assert first.status_code == 200
        deadline = time.monotonic() + 30
        while held.loaded and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not held.loaded
        assert ask_for_a_vector(server).json() == first.json()


def test_an_unusable_model_costs_only_those_who_need_it(tmp_path: Path) -> None:
    (tmp_path / "siglip").mkdir()
    folder = tiny_models.siglip(tmp_path / "siglip")
    Shelf(tmp_path / "shelf").accept(str(folder), folder)
    (folder / "model.safetensors").write_bytes(b"altered after it was accepted")
    chosen = {"engine_vectors": str(folder), "models": str(tmp_path / "shelf")}
    with server_in_thread(tmp_path / "data", FixedReader, FixedViewer, **chosen) as server:
        answer = ask_for_a_vector(server)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "ServiceUnavailable")
        assert str(tmp_path) not in answer.text
        assert told(server, "2024-02-01", "features=tags")["tagsResult"]["values"]


def test_no_engine_no_torch(tmp_path: Path) -> None:
    """The default server never imports what only plugged-in models need."""
    script = (
        "import sys; from pathlib import Path; from readstone.app import App; from readstone.settings import load;"
        f"App(load({{'data_dir': Path({str(tmp_path)!r})}}));"
        "from readstone.cli import models, doctor, serve;"
        "print(sorted({'torch', 'transformers', 'huggingface_hub', 'safetensors', 'tokenizers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
