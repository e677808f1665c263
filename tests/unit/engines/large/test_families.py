"""The real architectures, tiny and random: loaded from their folders and run, and their promises kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny_models
from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.engines.large import blip, florence, trocr
from readstone.engines.large.blip import Blip
from readstone.engines.large.detr import DetrDetector, thing_name
from readstone.engines.large.florence import Florence
from readstone.engines.large.joint import JointModel, prior_shift
from readstone.engines.large.matte import Matte
from readstone.engines.large.runtime import Device, Torch
from readstone.engines.large.siglip import Siglip
from readstone.engines.large.trocr import TrOcr
from readstone.engines.model_file import ModelUnusableError

Built = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _short_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    # Random models never end a sentence.
    for module in (blip, florence, trocr):
        monkeypatch.setattr(module, "_LONGEST", 8)
    monkeypatch.setattr(florence, "_LONGEST_OF_PARTS", 8)


def inside(box: Box, picture: Picture) -> bool:
    return 0 <= box.left < box.right <= picture.width + 1e-9 and 0 <= box.top < box.bottom <= picture.height + 1e-9


# --- captions --------------------------------------------------------------------------------------------------


def test_blip(built: Built, runtime: Torch, picture: Picture) -> None:
    captioner = Blip(built("blip"), runtime)
    said = captioner.caption(picture, 3)
    assert 1 <= len(said) <= 3
    assert len({each.text for each in said}) == len(said)
    assert all(0 < each.confidence < 1 and set(each.text.split()) <= set(tiny_models.WORDS) for each in said)
    assert [each.confidence for each in said] == sorted((each.confidence for each in said), reverse=True)
    assert captioner.caption(picture, 1)[0] == captioner.caption(picture, 1)[0], "the same again"
    boxes = [Box(0, 0, 60, 60), Box(40, 30, 80, 60), Box(0, 0, 4, 4), Box(500, 500, 30, 30)]
    parts = captioner.caption_parts(picture, boxes)
    assert [part.box for part in parts] == boxes[:2], "too small, and outside"
    assert captioner.caption_parts(picture, []) == ()


def test_blip_leaves_with_its_caller(built: Built, runtime: Torch, picture: Picture) -> None:
    with pytest.raises(Cancelled):
        Blip(built("blip"), runtime).caption(picture, 1, lambda: True)


def test_florence(built: Built, runtime: Torch, picture: Picture) -> None:
    captioner = Florence(built("florence"), runtime)
    assert all(0 < each.confidence < 1 for each in captioner.caption(picture, 2))
    for part in captioner.caption_parts(picture, []):
        assert inside(part.box, picture)
    with pytest.raises(Cancelled):
        captioner.caption_parts(picture, [], lambda: True)


# --- vectors and tags --------------------------------------------------------------------------------------------


def test_siglip(built: Built, runtime: Torch, picture: Picture) -> None:
    model = Siglip(built("siglip"), runtime, "v")
    image, text = model.of_image(picture), model.of_text("a dog")
    assert image.shape == text.shape == (16,)
    assert image.dtype == text.dtype == np.float32
    np.testing.assert_allclose([np.linalg.norm(image), np.linalg.norm(text)], 1, atol=1e-6)
    np.testing.assert_array_equal(text, model.of_text("A dog!"), "as it was trained: neither capitals nor punctuation")
    assert not np.allclose(text, model.of_text("a red car"))
    assert model.slope == pytest.approx(np.exp(3))
    assert model.shift == pytest.approx(-5)
    many = model.of_texts([f"a {word}" for word in tiny_models.WORDS * 5])
    np.testing.assert_allclose(many[4], text, atol=1e-5, err_msg="alone and in a batch alike")
    assert model.of_text("word " * 200).shape == (16,)


def test_siglip_agrees_with_transformers(built: Built, runtime: Torch, picture: Picture) -> None:
    model = Siglip(built("siglip"), runtime, "v")
    whole = runtime.model("SiglipModel", built("siglip"))
    pixels = runtime.tensor(model._preparation.batch([picture.pixels]))
    tokens = runtime.tensor(np.array([model._tokenizer.encode("a dog").ids], np.int64))
    with runtime.torch.inference_mode():
        expected = float(whole(pixel_values=pixels, input_ids=tokens).logits_per_image[0, 0])
    own = model.slope * float(model.of_image(picture) @ model.of_text("a dog")) + model.shift
    assert own == pytest.approx(expected, abs=1e-4)


def test_tags(built: Built, runtime: Torch, picture: Picture, tmp_path: Path) -> None:
    model = JointModel(built("siglip"), runtime, "v", tmp_path / "cache")
    tags = model.tag(picture)
    assert len({tag.name for tag in tags}) == len(tags)
    assert all(0.5 <= tag.confidence < 1 for tag in tags)
    assert [tag.confidence for tag in tags] == sorted((tag.confidence for tag in tags), reverse=True)
    [kept] = (tmp_path / "cache").glob("*.npy")
    again = JointModel(built("siglip"), runtime, "v", tmp_path / "cache")
    again.of_texts = lambda *_: pytest.fail("the words are known")  # type: ignore[method-assign]
    assert again.tag(picture) == tags
    kept.write_bytes(b"broken")
    assert JointModel(built("siglip"), runtime, "v", tmp_path / "cache").tag(picture) == tags
    with pytest.raises(Cancelled):
        JointModel(built("siglip"), runtime, "w", tmp_path / "cache").tag(picture, lambda: True)


def test_prior_of_words() -> None:
    assert prior_shift(1000) == pytest.approx(np.log(0.01 / 0.99) + np.log(32767))
    assert prior_shift(1) == pytest.approx(np.log(32767))


def test_siglip_that_keeps_ratios_is_refused(built: Built, runtime: Torch, tmp_path: Path) -> None:
    folder = shutil.copytree(built("siglip"), tmp_path / "naflex")
    config = json.loads((folder / "config.json").read_text())
    config["vision_config"]["num_patches"] = 256
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnusableError, match="fixed picture size"):
        Siglip(folder, runtime, "v")


# --- things ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["d_fine", "rt_detr"])
def test_detectors(built: Built, runtime: Torch, picture: Picture, name: str) -> None:
    found = DetrDetector(built(name), runtime).find(picture)
    assert found
    assert all(0 < thing.confidence < 1 and inside(thing.box, picture) for thing in found)
    assert [thing.confidence for thing in found] == sorted((t.confidence for t in found), reverse=True)
    assert {thing.name for thing in found} <= {"person", "bicycle", "car", "motorcycle", "airplane", "couch"}
    with pytest.raises(Cancelled):
        DetrDetector(built(name), runtime).find(picture, lambda: True)


def test_detector_agrees_with_transformers(built: Built, runtime: Torch, picture: Picture) -> None:
    from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil

    detector = DetrDetector(built("d_fine"), runtime)
    with runtime.torch.inference_mode():
        raw = detector._model(pixel_values=runtime.tensor(detector._preparation.batch([picture.pixels])))
    size = [(picture.height, picture.width)]
    [said] = RTDetrImageProcessorPil().post_process_object_detection(raw, threshold=0.2, target_sizes=size)
    own = detector.find(picture)[: len(said["scores"])]
    assert len(own) >= 5
    np.testing.assert_allclose([t.confidence for t in own], said["scores"].numpy(), atol=1e-4)
    corners = [(t.box.left, t.box.top, t.box.right, t.box.bottom) for t in own]
    limits = [picture.width, picture.height] * 2
    np.testing.assert_allclose(corners, np.clip(said["boxes"].numpy(), 0, limits), atol=1e-3)


def test_names_of_things() -> None:
    assert thing_name("pottedplant") == "potted plant"
    assert thing_name("Traffic_Light") == "traffic light"
    assert thing_name("aeroplane") == "airplane"
    assert thing_name(" Street Lights ") == "street lights", "of another vocabulary"


# --- lines and mattes ----------------------------------------------------------------------------------------------


def test_trocr(built: Built, runtime: Torch, picture: Picture) -> None:
    text, probability = TrOcr(built("trocr"), runtime).read(picture.pixels[:48])
    assert set(text) <= set(tiny_models.SIGNS)
    assert 0 <= probability <= 1


def test_matte(built: Built, tmp_path: Path) -> None:
    half = np.zeros((90, 120, 3), np.uint8)
    half[:, 60:] = 255
    found = Matte(built("matte"), Device.CPU, 1).foreground(Picture(half, "Png"))
    assert (found.shape, found.dtype) == ((90, 120), np.float32)
    assert found[:, :50].max() < 0.05
    assert found[:, 70:].min() > 0.95
    with pytest.raises(Cancelled):
        Matte(built("matte"), Device.CPU, 1).foreground(Picture(half, "Png"), lambda: True)
    with pytest.raises(ModelUnusableError, match=r"model\.onnx"):
        Matte(tmp_path, Device.CPU, 1)
    tiny_models.matte(tmp_path / "onnx")
    assert Matte(tmp_path, Device.AUTO, 1).foreground(Picture(half, "Png")).shape == (90, 120)


def test_halves_are_read_as_whole_numbers(built: Built, runtime: Torch, picture: Picture, tmp_path: Path) -> None:
    whole = runtime.transformers.SiglipModel.from_pretrained(built("siglip"))
    folder = shutil.copytree(built("siglip"), tmp_path / "half")
    whole.half().save_pretrained(folder)
    found = Siglip(folder, runtime, "v").of_image(picture)
    np.testing.assert_allclose(found, Siglip(built("siglip"), runtime, "v").of_image(picture), atol=2e-3)


def test_the_second_siglip_s_tokenizer(built: Built, runtime: Torch, tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = shutil.copytree(built("siglip"), tmp_path / "second")
    vocabulary = {"<pad>": 0, "<eos>": 1, "<bos>": 2, "<unk>": 3, "a": 4, "dog!": 5}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))
    said = {"pad_token": {"content": "<pad>"}, "add_bos_token": False, "add_eos_token": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    model = Siglip(folder, runtime, "v")
    assert model._tokenizer.encode(model._plain("A DOG!")).ids == [4, 5, 1] + 13 * [0], "lower case, with its marks"


# --- what is not loaded ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Blip, Florence, DetrDetector, TrOcr, lambda f, r: Siglip(f, r, "v")])
@pytest.mark.parametrize("config", [None, "{", "[]", "{}", '{"model_type": "bert"}'])
def test_folders_of_something_else(
    make: Callable[[Path, Torch], object], config: str | None, runtime: Torch, tmp_path: Path
) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(ModelUnusableError):
        make(tmp_path, runtime)


def test_missing_weights_are_told(built: Built, runtime: Torch, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = shutil.copytree(built("siglip"), tmp_path / "half")
    weights = load_file(folder / "model.safetensors")
    save_file({name: value for name, value in weights.items() if "logit" not in name}, folder / "model.safetensors")
    with pytest.raises(ModelUnusableError, match=r"lacks weights.*logit_bias"):
        Siglip(folder, runtime, "v")


def test_pickled_weights_are_not_read(built: Built, runtime: Torch, tmp_path: Path) -> None:
    folder = shutil.copytree(built("blip"), tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    runtime.torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        Blip(folder, runtime)


def test_no_graphics_processor_is_told(monkeypatch: pytest.MonkeyPatch, runtime: Torch) -> None:
    monkeypatch.setattr(runtime.torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelUnusableError, match="READSTONE_ENGINE_DEVICE is cuda"):
        Torch(Device.CUDA, 1)
