"""Large models in miniature: the real architectures with random weights, saved as their owners publish them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from readstone.engines.protobuf import content, number

WORDS = "a the man woman dog sits on sofa red car street with hat his photo of this is".split()
SIGNS = "abcdefghijklmnopqrstuvwxyz"
COCO_SIX = {0: "person", 1: "bicycle", 2: "car", 3: "motorbike", 4: "aeroplane", 5: "sofa"}


def card(folder: Path, licence: str = "bsd-3-clause") -> None:
    (folder / "README.md").write_text(f"---\nlicense: {licence}\ntags:\n- tiny\n---\n# A tiny model\n", "utf-8")


def _seeded() -> Any:
    import torch

    torch.manual_seed(7)
    return torch


def _preprocessor(folder: Path, side: int, **more: Any) -> None:
    said = {"do_resize": True, "size": {"height": side, "width": side}, "rescale_factor": 1 / 255, **more}
    (folder / "preprocessor_config.json").write_text(json.dumps(said))


def blip(folder: Path) -> Path:
    _seeded()
    from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", *WORDS]
    config = BlipConfig(
        text_config={
            "vocab_size": len(vocabulary),
            "hidden_size": 16,
            "encoder_hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "max_position_embeddings": 64,
            "projection_dim": 16,
            "bos_token_id": 5,
            "eos_token_id": 2,
            "sep_token_id": 3,
            "pad_token_id": 0,
        },
        vision_config={
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
            "projection_dim": 16,
        },
        projection_dim=16,
    )
    BlipForConditionalGeneration(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    _preprocessor(folder, 32)
    card(folder)
    return folder


def siglip(folder: Path, numbers: int = 16) -> Path:
    torch = _seeded()
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import SiglipConfig, SiglipModel

    side = {"hidden_size": numbers, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    vocabulary = {token: at for at, token in enumerate(["<unk>", "</s>", *WORDS])}
    text = {**side, "vocab_size": len(vocabulary), "max_position_embeddings": 16, "projection_size": numbers}
    config = SiglipConfig(text_config=text, vision_config={**side, "image_size": 32, "patch_size": 8})
    model = SiglipModel(config)
    with torch.no_grad():
        model.logit_scale.fill_(3.0)
        model.logit_bias.fill_(-5.0)
    model.save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "</s>", "padding_side": "right"}))
    _preprocessor(folder, 32, image_mean=[0.5] * 3, image_std=[0.5] * 3, resample=3)
    card(folder, "apache-2.0")
    return folder


def trocr(folder: Path) -> Path:
    _seeded()
    from transformers import (
        PreTrainedTokenizerFast,
        TrOCRConfig,
        TrOCRForCausalLM,
        VisionEncoderDecoderModel,
        ViTConfig,
        ViTModel,
    )

    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    encoder = ViTModel(ViTConfig(**sizes, image_size=32, patch_size=8), add_pooling_layer=False)
    decoder = TrOCRForCausalLM(
        TrOCRConfig(
            vocab_size=4 + len(SIGNS),
            d_model=16,
            cross_attention_hidden_size=16,
            decoder_layers=2,
            decoder_attention_heads=2,
            decoder_ffn_dim=32,
            max_position_embeddings=128,
            is_decoder=True,
            add_cross_attention=True,
        )
    )
    model = VisionEncoderDecoderModel(encoder=encoder, decoder=decoder)
    model.config.decoder_start_token_id = model.generation_config.decoder_start_token_id = 2
    model.config.pad_token_id = model.generation_config.pad_token_id = 1
    model.generation_config.eos_token_id = 2
    model.save_pretrained(folder)
    _signs(PreTrainedTokenizerFast).save_pretrained(folder)
    _preprocessor(folder, 32, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    card(folder, "mit")
    return folder


def _signs(kind: Any, more: tuple[str, ...] = ()) -> Any:
    """A tokenizer whose tokens are single letters, after BART's four special ones."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {token: at for at, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", *SIGNS, *more])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    inner.decoder = decoders.Fuse()
    special = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return kind(tokenizer_object=inner, **special)


def florence(folder: Path) -> Path:
    _seeded()
    from transformers import Florence2Config, Florence2ForConditionalGeneration, PreTrainedTokenizerFast

    places = tuple(f"<loc_{at}>" for at in range(1000))
    tokens = 4 + len(SIGNS) + len(places) + 1
    config = Florence2Config(
        text_config={
            "model_type": "bart",
            "vocab_size": tokens,
            "d_model": 16,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32,
            "max_position_embeddings": 1024,
            "pad_token_id": 1,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "decoder_start_token_id": 2,
            "forced_eos_token_id": 2,
        },
        vision_config={
            "depths": [1, 1],
            "patch_size": [7, 3],
            "patch_stride": [4, 2],
            "patch_padding": [3, 1],
            "patch_prenorm": [False, True],
            "embed_dim": [8, 16],
            "num_heads": [2, 2],
            "num_groups": [2, 2],
            "window_size": 4,
            "projection_dim": 16,
        },
        image_token_id=tokens - 1,
    )
    Florence2ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer = _signs(PreTrainedTokenizerFast, (*places, "<image>"))
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    tokenizer.add_tokens(list(places))
    tokenizer.save_pretrained(folder)
    _preprocessor(folder, 32, image_seq_length=17)  # (32 / 8)^2 places and their mean
    card(folder, "mit")
    return folder


def _sizes(backbone: Any, channels: list[int]) -> dict[str, Any]:
    """The small sizes that both detectors have."""
    return {
        "backbone_config": backbone,
        "encoder_in_channels": channels,
        "encoder_hidden_dim": 16,
        "encoder_ffn_dim": 32,
        "encoder_attention_heads": 2,
        "d_model": 16,
        "decoder_in_channels": [16, 16, 16],
        "decoder_ffn_dim": 32,
        "decoder_attention_heads": 2,
        "decoder_layers": 2,
        "num_queries": 20,
    }


def d_fine(folder: Path) -> Path:
    _seeded()
    from transformers import DFineConfig, DFineForObjectDetection, HGNetV2Config

    backbone = HGNetV2Config(
        embedding_size=8,
        stem_channels=[3, 8, 8],
        stage_in_channels=[8, 16, 24, 32],
        stage_mid_channels=[8, 8, 8, 8],
        stage_out_channels=[16, 24, 32, 40],
        stage_num_blocks=[1, 1, 1, 1],
        stage_downsample=[False, True, True, True],
        stage_light_block=[False, False, True, True],
        stage_kernel_size=[3, 3, 3, 3],
        stage_numb_of_layers=[1, 1, 1, 1],
        hidden_sizes=[16, 24, 32, 40],
        depths=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )
    sizes = _sizes(backbone, [24, 32, 40]) | {"hidden_expansion": 0.5, "lqe_hidden_dim": 8}
    DFineForObjectDetection(DFineConfig(**sizes, id2label=COCO_SIX)).save_pretrained(folder)
    _preprocessor(folder, 64, do_normalize=False)
    card(folder, "apache-2.0")
    return folder


def rt_detr(folder: Path) -> Path:
    _seeded()
    from transformers import RTDetrConfig, RTDetrForObjectDetection, RTDetrResNetConfig

    backbone = RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    RTDetrForObjectDetection(RTDetrConfig(**_sizes(backbone, [16, 24, 32]), id2label=COCO_SIX)).save_pretrained(folder)
    _preprocessor(folder, 64, do_normalize=False)
    card(folder, "apache-2.0")
    return folder


def matte(folder: Path, side: int = 64) -> Path:
    """An ONNX file with a face like BiRefNet's: (1, 3, side, side) in, one logit a pixel out, how bright it is."""
    folder.mkdir(parents=True, exist_ok=True)
    node = content(1, "input_image") + content(1, "weight") + content(2, "output_image") + content(4, "Conv")
    dims = b"".join(number(1, size) for size in (1, 3, 1, 1))
    weight = dims + number(2, 1) + content(8, "weight") + content(9, struct.pack("<3f", 2.0, 2.0, 2.0))
    graph = content(1, node) + content(2, "matte") + content(5, weight)
    graph += content(11, _tensor_info("input_image", (1, 3, side, side)))
    graph += content(12, _tensor_info("output_image", (1, 1, side, side)))
    (folder / "model.onnx").write_bytes(number(1, 7) + content(7, graph) + content(8, number(2, 13)))
    card(folder, "mit")
    return folder


def _tensor_info(name: str, shape: tuple[int, ...]) -> bytes:
    """ValueInfoProto of a float tensor."""
    sides = b"".join(content(1, number(1, size)) for size in shape)
    return content(1, name) + content(2, content(1, number(1, 1) + content(2, sides)))
