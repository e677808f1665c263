"""deploy/Dockerfile and its bill of materials. Docker itself does not run here; hadolint does."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import pytest

from readstone.engines.manifest import DEFAULT_MODELS
from readstone.settings import Settings, env_name

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKERFILE = REPOSITORY / "deploy/Dockerfile"
HADOLINT = Path(sys.executable).parent / "hadolint"


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions in order, continuation lines joined, comments left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    return instructions(DOCKERFILE.read_text("utf-8"))


@pytest.fixture(scope="module")
def final(dockerfile: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The instructions of the last stage."""
    last = max(i for i, (word, _) in enumerate(dockerfile) if word == "FROM")
    return dockerfile[last:]


def lint(dockerfile: Path) -> str:
    done = subprocess.run([HADOLINT, "--failure-threshold", "info", dockerfile], capture_output=True, text=True)
    assert (done.returncode != 0) == bool(done.stdout), done.stderr
    return done.stdout


def test_hadolint_finds_nothing() -> None:
    assert lint(DOCKERFILE) == ""


def test_hadolint_would_find_something(tmp_path: Path) -> None:
    spoilt = tmp_path / "Dockerfile"
    spoilt.write_text(DOCKERFILE.read_text("utf-8").replace("WORKDIR /share", "WORKDIR share"), "utf-8")
    assert "DL3000" in lint(spoilt)


def test_runs_as_a_number_that_is_not_root(final: list[tuple[str, str]]) -> None:
    """`runAsNonRoot` of Kubernetes can only judge a number."""
    users = [rest for word, rest in final if word == "USER"]
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


def test_the_image_without_arguments_is_the_server(final: list[tuple[str, str]]) -> None:
    words = dict(final)
    assert words["ENTRYPOINT"] == '["readstone", "serve"]'
    assert words["EXPOSE"] == "5000"
    assert words["VOLUME"] == '["/share"]'
    assert words["HEALTHCHECK"].endswith('CMD ["readstone", "doctor", "--ready"]')


def test_only_settings_that_exist_are_set(final: list[tuple[str, str]]) -> None:
    named = set(re.findall(r"(READSTONE_\w+)=", " ".join(rest for word, rest in final if word == "ENV")))
    assert named
    assert named <= {env_name(name) for name in Settings.model_fields}


def test_everything_that_is_installed_has_a_hash(dockerfile: list[tuple[str, str]]) -> None:
    installs = [c for w, rest in dockerfile if w == "RUN" for c in rest.split("&&") if "install" in c and "pip" in c]
    assert installs
    for command in installs:
        assert "--require-hashes" in command or "/tmp/wheel/" in command
    locks = {lock for c in installs for lock in re.findall(r"requirements/[\w-]+\.lock", c)}
    for lock in locks:
        pins = re.findall(r"^[\w.-]+==.*\n(?:.*\\\n)*?\s+--hash=", (REPOSITORY / lock).read_text("utf-8"), re.M)
        assert len(pins) == len(re.findall(r"^[\w.-]+==", (REPOSITORY / lock).read_text("utf-8"), re.M)) > 10


def test_the_locks_serve_what_the_extras_ask_for() -> None:
    names = set(re.findall(r"^([\w.-]+)==", (REPOSITORY / "requirements/deploy.lock").read_text("utf-8"), re.M))
    assert {"procrastinate", "psycopg", "psycopg-pool", "obstore", "opentelemetry-sdk", "onnxruntime"} <= names
    assert not {"torch", "pytest", "hatchling"} & names


def test_what_is_copied_is_there_and_not_ignored(dockerfile: list[tuple[str, str]]) -> None:
    ignore = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignore
    let_in = [line[1:] for line in ignore if line.startswith("!")]
    copies = [rest.split() for word, rest in dockerfile if word == "COPY" and "--from=" not in rest]
    sources = [source for words in copies for source in words[:-1]]
    assert sources
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in let_in), f"{source} is not sent to the builder"


# --- the bill of materials ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", REPOSITORY / "deploy/sbom.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_debian_package_has_its_url(sbom: ModuleType) -> None:
    component = sbom.debian_component("libstdc++6\t1:12.2.0-14+deb12u1\tamd64")
    assert component["purl"] == "pkg:deb/debian/libstdc%2B%2B6@1%3A12.2.0-14%2Bdeb12u1?arch=amd64"


def test_all_models_are_listed_with_their_checksums(sbom: ModuleType) -> None:
    python = {"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "numpy"}]}
    whole = sbom.with_the_rest(python, ["a\t1\tall"], DEFAULT_MODELS)
    models = [c for c in whole["components"] if c["type"] == "machine-learning-model"]
    assert {c["hashes"][0]["content"] for c in models} == {model.sha256 for model in DEFAULT_MODELS}
    assert [c["name"] for c in whole["components"][:2]] == ["numpy", "a"]
    assert len({c.get("bom-ref", c["name"]) for c in whole["components"]}) == len(whole["components"])
    assert len(python["components"]) == 1
