"""Dummy checkpoints: the true configuration and tokenizer, random weights, any depth, either layout.

They check loading, prompt ids, parity, speed and memory at true size where the real weights cannot be had.

    python -m edge_export.checkpoint.dummy --like 0.6b --layers 2 --layout original --output DIR
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from edge_export.checkpoint.config import (
    ALIGNER_ARCHITECTURE,
    AlignerConfig,
    AudioConfig,
    Layout,
    ModelConfig,
    TextConfig,
)
from edge_export.checkpoint.hf_json import (
    generation_config,
    hf_config,
    original_config,
    preprocessor_config,
    processor_config,
)
from edge_export.checkpoint.languages import ALIGNED, CODES
from edge_export.checkpoint.released import RELEASED, RELEASED_CLASSES
from edge_export.checkpoint.source import shipped_checkpoint
from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD, expected_shapes, original_name

if TYPE_CHECKING:
    import torch

    from edge_export.checkpoint.tensor_names import Shape

_ARCHITECTURE: Final = "Qwen3ASRForConditionalGeneration"
_TOKENIZER_FILES: Final = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json")
_SMALL_STD: Final = 0.02

# With plain random weights every position ends up alike and greedy decoding repeats one token for ever, which
# would prove little. Sharp attention and small residual steps keep positions apart.
_SHARPNESS: Final = 4.0
_RESIDUAL_SCALE: Final = 0.3

_BIN_MS: Final = 80.0


def write_dummy_checkpoint(
    audio: AudioConfig,
    text: TextConfig,
    *,
    layout: Layout,
    tokenizer: Path,
    output: Path,
    shards: int = 1,
    seed: int = 0,
    num_classes: int | None = None,
) -> None:
    """Write a checkpoint folder; equal seeds give equal weights in both layouts and any number of shards.

    Args:
        audio: geometry of the encoder.
        text: geometry of the decoder.
        layout: names and companion files to write.
        tokenizer: folder whose tokenizer files to use; the special ids come from it.
        output: folder to write into; created.
        shards: number of weight files.
        seed: of the random weights.
        num_classes: times that a forced aligner can name; None for a checkpoint that transcribes.
    """
    output.mkdir(parents=True, exist_ok=True)
    config = _with_token_ids(audio, text, tokenizer, layout)
    if num_classes is not None:
        config = _as_aligner(config, num_classes, tokenizer)
    _write_companions(config, tokenizer, output)
    names = list(expected_shapes(config).items())
    if layout == "original" and config.kind == "asr":
        names.append((HEAD, (text.vocab_size, text.hidden_size)))
    _write_weights(names, layout, output, shards, seed)


def _with_token_ids(audio: AudioConfig, text: TextConfig, tokenizer: Path, layout: Layout) -> ModelConfig:
    from edge_export.checkpoint.tokenizer import load_tokenizer  # noqa: PLC0415 - keeps --help quick

    ids = load_tokenizer(tokenizer).id_of
    return ModelConfig(
        layout=layout,
        kind="asr",
        architecture=_ARCHITECTURE,
        audio=audio,
        text=text,
        audio_token_id=ids("<|audio_pad|>"),
        eos_ids=(ids("<|endoftext|>"), ids("<|im_end|>")),
        languages=tuple(CODES) if layout == "original" else (),
    )


def _as_aligner(config: ModelConfig, num_classes: int, tokenizer: Path) -> ModelConfig:
    from edge_export.checkpoint.tokenizer import load_tokenizer  # noqa: PLC0415 - as above

    return replace(
        config,
        kind="aligner",
        # The original layout names the class that transcribes.
        architecture=_ARCHITECTURE if config.layout == "original" else ALIGNER_ARCHITECTURE,
        languages=ALIGNED if config.layout == "original" else (),
        aligner=AlignerConfig(num_classes, _BIN_MS, load_tokenizer(tokenizer).id_of("<timestamp>")),
    )


def _write_companions(config: ModelConfig, tokenizer: Path, output: Path) -> None:
    if config.layout == "hf":
        from edge_export.checkpoint.tokenizer import load_tokenizer  # noqa: PLC0415 - as above

        (output / "tokenizer.json").write_text(load_tokenizer(tokenizer).to_json(), "utf-8")
        _write_json(output / "config.json", hf_config(config))
        _write_json(output / "processor_config.json", processor_config(config))
    else:
        _copy_tokenizer(tokenizer, output)
        _write_json(output / "config.json", original_config(config))
        _write_json(output / "preprocessor_config.json", preprocessor_config())
    _write_json(output / "generation_config.json", generation_config(config))


def _copy_tokenizer(tokenizer: Path, output: Path) -> None:
    for name in _TOKENIZER_FILES:
        if (tokenizer / name).is_file():
            shutil.copyfile(tokenizer / name, output / name)


def _write_weights(
    tensors: list[tuple[str, Shape]], layout: Layout, output: Path, shards: int, seed: int
) -> None:
    from safetensors.torch import save_file  # noqa: PLC0415 - torch is heavy

    weight_map: dict[str, str] = {}
    for index in range(shards):
        name = "model.safetensors" if shards == 1 else f"model-{index + 1:05}-of-{shards:05}.safetensors"
        part = {_stored(key, layout): _random(key, shape, seed) for key, shape in tensors[index::shards]}
        save_file(part, output / name, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(part, name)
    if shards > 1:
        _write_json(output / "model.safetensors.index.json", {"metadata": {}, "weight_map": weight_map})


def _stored(name: str, layout: Layout) -> str:
    return original_name(name) if layout == "original" else name


def _random(name: str, shape: Shape, seed: int) -> torch.Tensor:
    """Return distinct random weights: identical ones would be stored once, and files would be too small."""
    import torch  # noqa: PLC0415 - heavy

    source = EMBEDDING if name == HEAD else name
    digest = hashlib.sha256(f"{seed}/{source}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    values = torch.randn(shape, generator=generator)
    if len(shape) > 1 and source != EMBEDDING:
        values.div_(math.prod(shape[1:]) ** 0.5)
        is_residual = name.endswith(("o_proj.weight", "down_proj.weight"))
        return values.mul_(_RESIDUAL_SCALE if is_residual else 1.0).to(torch.bfloat16)
    return values.mul_(_SMALL_STD).add_(_center(name, shape)).to(torch.bfloat16)


def _center(name: str, shape: Shape) -> float:
    if len(shape) > 1 or not name.endswith(("norm.weight", "ln_post.weight")):
        return 0.0
    return _SHARPNESS if name.endswith("q_norm.weight") else 1.0


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main(
    output: Annotated[Path, typer.Option(help="Folder to write.")],
    like: Annotated[
        str, typer.Option(help="Released model whose shapes to take: 0.6b, 1.7b or aligner.")
    ] = "0.6b",
    layers: Annotated[int | None, typer.Option(min=1, help="Decoder layers; all by default.")] = None,
    encoder_layers: Annotated[int | None, typer.Option(min=1, help="Encoder layers; all by default.")] = None,
    layout: Annotated[str, typer.Option(help="hf or original.")] = "hf",
    shards: Annotated[int, typer.Option(min=1, help="Weight files.")] = 1,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Folder of tokenizer files; the mini's by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the weights.")] = 0,
) -> None:
    """Write a hollow checkpoint: true shapes, random weights."""
    if like not in RELEASED or layout not in ("hf", "original"):
        raise typer.BadParameter(f"--like is one of {', '.join(RELEASED)}; --layout is hf or original.")
    audio, text = RELEASED[like]
    write_dummy_checkpoint(
        replace(audio, num_layers=encoder_layers or audio.num_layers),
        replace(text, num_layers=layers or text.num_layers),
        layout="hf" if layout == "hf" else "original",
        tokenizer=tokenizer or shipped_checkpoint(),
        output=output,
        shards=shards,
        seed=seed,
        num_classes=RELEASED_CLASSES if like == "aligner" else None,
    )
    typer.echo(output)


if __name__ == "__main__":
    typer.run(main)
