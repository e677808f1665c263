"""`readstone models`: pulled from a hub on this machine, accepted, verified, bundled, and used from the bundle."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tiny_models
from local_hub import LocalHub, local_hub
from readstone.engines.large.fetch import chosen
from readstone.engines.large.plugged import Choices, Plugged
from readstone.engines.large.roles import Role

NAME = "tiny/siglip"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    tiny_models.siglip(folder)
    (folder / "pytorch_model.bin").write_bytes(b"not to be fetched")
    (folder / "modeling_own.py").write_text("raise SystemExit('not to be run')")
    (folder / "LICENSE").write_text("as you like it")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model_fp16.onnx").write_bytes(b"on demand")
    return folder


@pytest.fixture
def hub(repository: Path) -> Iterator[LocalHub]:
    with local_hub({NAME: repository}) as served:
        yield served


def models(data: Path, hub: LocalHub | None, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("READSTONE_", "HF_", "TRANSFORMERS_"))
    }
    environment |= {"READSTONE_DATA_DIR": str(data), "HF_HOME": str(data / "hf"), **environ}
    if hub is not None:
        environment["READSTONE_HUB"] = hub.url
    return subprocess.run(
        [sys.executable, "-m", "readstone", "models", *words],
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


def test_from_the_hub_to_a_machine_without_one(hub: LocalHub, tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = models(data, hub, "pull", NAME)
    assert first.returncode == 1
    assert f"Licence of {NAME}: apache-2.0" in first.stdout
    assert "Read it before you accept: LICENSE in " in first.stdout
    assert "--accept" in first.stderr
    assert not any(path.endswith("model.safetensors") for path in hub.asked), "nothing but its card"
    assert not (data / "models" / "manifest.json").exists()

    done = models(data, hub, "pull", NAME, "--accept")
    assert done.returncode == 0, done.stderr
    folder = data / "models" / "tiny--siglip"
    assert {path.name for path in folder.iterdir()} == {
        "LICENSE", "README.md", "config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json",
        "tokenizer_config.json",
    }  # fmt: skip
    [record] = json.loads((data / "models" / "manifest.json").read_text())["models"]
    assert (record["name"], record["licence"], record["revision"]) == (NAME, "apache-2.0", hub.commit(NAME))

    listed = models(data, None, "list")
    assert listed.returncode == 0, listed.stderr
    for told in (f"{NAME}: plugged in", "licence   apache-2.0, accepted 20", "model.safetensors", "state     there"):
        assert told in listed.stdout
    assert models(data, None, "verify").stdout.count("state     intact") > 10

    bundle = tmp_path / "bundle"
    assert models(data, None, "bundle", str(bundle)).returncode == 0
    away = models(tmp_path / "away", None, "verify", READSTONE_MODELS=str(bundle))
    assert away.returncode == 0, away.stderr
    assert f"{NAME}: plugged in" in away.stdout
    there = Plugged(Choices({Role.VECTORS: NAME}, bundle))
    there.check()
    assert there.embedder
    with there.embedder.use() as embedder:
        assert embedder.of_text("a dog").shape == (16,)

    (folder / "model.safetensors").write_bytes(b"other")
    altered = models(data, None, "verify")
    assert altered.returncode == 1
    assert "UNUSABLE: model tiny/siglip: model.safetensors is not the file that was accepted" in altered.stderr


def test_a_further_file_on_demand(hub: LocalHub, tmp_path: Path) -> None:
    done = models(tmp_path, hub, "pull", NAME, "--accept", "--file", "onnx/*", "--file", "*.py")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "models" / "tiny--siglip" / "onnx" / "model_fp16.onnx").read_bytes() == b"on demand"
    assert not list((tmp_path / "models" / "tiny--siglip").glob("*.py")), "code never"


def test_a_folder_placed_by_hand(tmp_path: Path, repository: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "model.onnx").write_bytes(b"x")
    asked = models(tmp_path / "data", None, "pull", str(own))
    assert asked.returncode == 1
    assert "unknown: its files do not say" in asked.stdout
    assert models(tmp_path / "data", None, "pull", str(own), "--accept").returncode == 0
    assert f"{own}: plugged in" in models(tmp_path / "data", None, "list").stdout


def test_whoever_sits_there_is_asked(tmp_path: Path) -> None:
    own = tmp_path / "own"
    tiny_models.matte(own)
    for answer, status in ((b"n\n", 1), (b"y\n", 0)):
        main, inner = pty.openpty()
        environment = {**os.environ, "READSTONE_DATA_DIR": str(tmp_path / "data")}
        command = [sys.executable, "-m", "readstone", "models", "pull", str(own)]
        with subprocess.Popen(command, env=environment, stdin=inner, stdout=subprocess.PIPE, text=True) as process:
            os.write(main, answer)
            out, _ = process.communicate(timeout=60)
        os.close(main)
        os.close(inner)
        assert "Do you accept this licence?" in out
        assert process.returncode == status


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("tiny/none", 1, "tiny/none: "),
        ("/no/such/folder", 1, "is no folder"),
        ("one", 2, "neither a folder nor a hub id"),
        ("a/b/c", 2, "must be a folder"),
    ],
)
def test_what_cannot_be_pulled(hub: LocalHub, tmp_path: Path, name: str, status: int, message: str) -> None:
    done = models(tmp_path, hub, "pull", name, "--accept")
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_no_hub_is_told_in_a_line(tmp_path: Path) -> None:
    done = models(tmp_path, LocalHub({}, "http://127.0.0.1:9"), "pull", NAME, "--accept")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("readstone: tiny/siglip: ")
    assert len(done.stderr.splitlines()) == 1


def test_which_files_are_fetched() -> None:
    texts = ["README.md", "config.json", "vocab.txt", "LICENSE"]
    weights = ["model.safetensors", "pytorch_model.bin", "flax_model.msgpack", "tf_model.h5", "own.py"]
    onnx = ["onnx/model.onnx", "onnx/model_fp16.onnx", "onnx/model.onnx_data"]
    assert chosen([*texts, *weights, *onnx]) == sorted([*texts, "model.safetensors"])
    assert chosen([*texts, "own.py", *onnx]) == sorted([*texts, "onnx/model.onnx", "onnx/model.onnx_data"])
    assert chosen([*texts, *onnx], ("onnx/model_fp16.onnx",)) == sorted([*texts, "onnx/model_fp16.onnx"])
    assert chosen(["a/../x.safetensors", "x.bin"], ("*",)) == []
