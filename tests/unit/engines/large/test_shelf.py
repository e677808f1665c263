"""What was accepted is recorded file by file, and held against the files."""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path

import pytest

from readstone.engines.large.bundle import bundle, installed_closure
from readstone.engines.large.shelf import Shelf
from readstone.engines.model_file import ModelUnusableError


def model(folder: Path, content: bytes = b"weights") -> Path:
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.onnx").write_bytes(content)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "x").write_text("bookkeeping")
    return folder


def test_accepted_and_found_again(tmp_path: Path) -> None:
    folder = model(tmp_path / "own")
    shelf = Shelf(tmp_path / "shelf")
    assert shelf.models() == ()
    accepted = shelf.accept(str(folder), folder)
    again = Shelf(tmp_path / "shelf").find(str(folder))
    assert again == accepted
    assert (accepted.licence, accepted.folder, accepted.size) == ("mit", str(folder), 7 + 21)
    assert accepted.files["onnx/model.onnx"].sha256 == hashlib.sha256(b"weights").hexdigest()
    assert set(accepted.files) == {"README.md", "onnx/model.onnx"}
    shelf.verify(accepted)
    inside = shelf.accept("owner/model", model(tmp_path / "shelf" / "owner--model"), revision="abc", licence="x")
    assert (inside.folder, inside.revision, inside.licence) == ("owner--model", "abc", "x")
    assert [each.name for each in shelf.models()] == [str(folder), "owner/model"]
    assert len(inside.digest) == 8
    assert inside.digest == accepted.digest, "of the same files"


@pytest.mark.parametrize("change", ["other", "gone"])
def test_another_file_is_not_what_was_accepted(tmp_path: Path, change: str) -> None:
    folder = model(tmp_path / "own")
    shelf = Shelf(tmp_path / "shelf")
    accepted = shelf.accept(str(folder), folder)
    if change == "gone":
        (folder / "onnx" / "model.onnx").unlink()
    else:
        (folder / "onnx" / "model.onnx").write_bytes(b"Weights")
    with pytest.raises(ModelUnusableError, match=r"onnx/model\.onnx is"):
        shelf.verify(accepted)


@pytest.mark.parametrize("text", ["", "{}", '{"models": [{"name": "x"}]}', "[]", '{"models": 3}'])
def test_a_broken_record_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ModelUnusableError, match=r"manifest\.json cannot be read"):
        Shelf(tmp_path).models()


def test_a_bundle_is_a_shelf_of_its_own(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    for name in ("a", "b"):
        folder = model(tmp_path / name / "same")
        shelf.accept(str(folder), folder)
    one = str(tmp_path / "a" / "same")
    assert [each.name for each in bundle(shelf, tmp_path / "one", [one])] == [one]
    assert len(bundle(shelf, tmp_path / "bundle")) == 2
    assert len(bundle(shelf, tmp_path / "bundle")) == 2, "made anew in place"
    moved = (tmp_path / "bundle").rename(tmp_path / "elsewhere")
    for each in Shelf(moved).models():
        Shelf(moved).verify(each)
        assert Shelf(moved).path_of(each).parent == moved
    assert {each.folder for each in Shelf(moved).models()} == {"same", "same-2"}
    assert "mit" in (moved / "README.txt").read_text()
    assert not (moved / "same" / ".cache").exists()
    packages = (moved / "requirements.txt").read_text().splitlines()
    assert any(line.startswith("numpy==") for line in packages)
    assert not any(line.startswith(("readstone", "pytest")) for line in packages)


def test_a_bundle_is_refused(tmp_path: Path) -> None:
    folder = model(tmp_path / "own")
    shelf = Shelf(tmp_path / "shelf")
    shelf.accept(str(folder), folder)
    with pytest.raises(ModelUnusableError, match="not accepted: owner/other"):
        bundle(shelf, tmp_path / "bundle", ["owner/other"])
    with pytest.raises(ModelUnusableError, match="not empty"):
        bundle(shelf, folder)
    (folder / "README.md").write_text("other")
    with pytest.raises(ModelUnusableError, match="not the file that was accepted"):
        bundle(shelf, tmp_path / "bundle")


def test_packages_of_an_extra_come_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "acme-1.dist-info").mkdir()
    (tmp_path / "acme-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: acme\nVersion: 1\nRequires-Dist: numpy>=1\n"
        "Requires-Dist: transformers; extra == 'large'\nRequires-Dist: no-such-thing; python_version < '3'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    [numpy] = installed_closure("acme", ())
    large = installed_closure("acme", {"large"})
    assert numpy == f"numpy=={metadata.version('numpy')}"
    assert {numpy, f"transformers=={metadata.version('transformers')}"} < set(large), "and what that one needs"
