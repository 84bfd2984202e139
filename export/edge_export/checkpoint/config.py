"""What a checkpoint's config.json says, in one shape for both layouts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

    from edge_runtime.bundle.manifest import Kind

Layout = Literal["hf", "original"]

CONFIG_NAME: Final = "config.json"
_MODEL_TYPE: Final = "qwen3_asr"
ALIGNER_ARCHITECTURE: Final = "Qwen3ASRForTokenClassification"
_BIN_MS: Final = 80.0
"""Width of a class of time where no configuration states it; the default of transformers 5.23.0."""
_CONV_STRIDE: Final = 8
"""Three convolutions of stride two."""


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """The audio encoder and its projector."""

    d_model: int
    num_layers: int
    num_heads: int
    ffn_dim: int
    output_dim: int
    num_mel_bins: int
    conv_channels: int
    chunk_frames: int
    window_frames: int

    @property
    def chunk_tokens(self) -> int:
        """Tokens of one chunk after the convolutions."""
        return -(-self.chunk_frames // _CONV_STRIDE)

    @property
    def window_chunks(self) -> int:
        """Chunks of one attention window."""
        return self.window_frames // self.chunk_frames

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.d_model // self.num_heads

    @property
    def conv_features(self) -> int:
        """Width of one token before the convolution projection: channels times remaining mel bins."""
        return self.conv_channels * -(-self.num_mel_bins // _CONV_STRIDE)


@dataclass(frozen=True, slots=True)
class TextConfig:
    """The text decoder."""

    hidden_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int
    max_positions: int
    rope_theta: float
    rms_norm_eps: float


@dataclass(frozen=True, slots=True)
class AlignerConfig:
    """The head of a forced aligner.

    Attributes:
        num_classes: times it can name.
        bin_ms: milliseconds from one to the next.
        slot_id: id of the token that stands for a time, None where config.json does not state it.
    """

    num_classes: int
    bin_ms: float
    slot_id: int | None


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A whole checkpoint's configuration."""

    layout: Layout
    kind: Kind
    architecture: str
    audio: AudioConfig
    text: TextConfig
    audio_token_id: int
    eos_ids: tuple[int, ...]
    """From config.json or generation_config.json; empty where neither names any."""
    languages: tuple[str, ...]
    """Language names that the checkpoint lists; empty where it lists none."""
    aligner: AlignerConfig | None = None
    """Of kind "aligner"."""


def read_config(directory: Path) -> ModelConfig:
    """Read the configuration of a checkpoint folder.

    Raises:
        CheckpointError: there is none, it cannot be read, or it is of another model family.
    """
    path = directory / CONFIG_NAME
    if not path.is_file():
        raise CheckpointError(
            f"{directory}: no checkpoint here (no {CONFIG_NAME}). "
            f"Name a folder that holds a Qwen3-ASR checkpoint."
        )
    config = read_json(path)
    _check_family(config, path)
    generation, processor = (
        read_json(extra) if extra.is_file() else {}
        for extra in (directory / "generation_config.json", directory / "processor_config.json")
    )
    try:
        return _parse(config, generation, processor)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path}: not a complete Qwen3-ASR configuration ({error!r}).") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        CheckpointError: the file cannot be read or holds something else.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path}: cannot be read as JSON ({error}). Fetch the checkpoint again."
        ) from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path}: holds {type(value).__name__}, not a JSON object.")
    return value


def _check_family(config: dict[str, Any], path: Path) -> None:
    model_type = config.get("model_type")
    is_complete = "thinker_config" in config or "audio_config" in config
    if model_type == _MODEL_TYPE and is_complete:
        return
    architectures = ", ".join(map(str, config.get("architectures") or ())) or "no architecture"
    raise CheckpointError(
        f"{path}: model_type {model_type!r} ({architectures}) is not of the Qwen3-ASR family. "
        f"Name a Qwen3-ASR checkpoint, for example Qwen/Qwen3-ASR-0.6B."
    )


def _parse(config: dict[str, Any], generation: dict[str, Any], processor: dict[str, Any]) -> ModelConfig:
    thinker = config.get("thinker_config", config)
    architecture = str((config.get("architectures") or ["unknown"])[0])
    is_aligner = "classify_num" in thinker or architecture == ALIGNER_ARCHITECTURE
    audio, text = _parse_audio(thinker["audio_config"]), _parse_text(thinker["text_config"])
    _require("audio_config.output_dim", audio.output_dim, text.hidden_size)
    if not is_aligner:
        tied = thinker["text_config"].get("tie_word_embeddings", True)
        _require("text_config.tie_word_embeddings", tied, True)
    return ModelConfig(
        layout="original" if "thinker_config" in config else "hf",
        kind="aligner" if is_aligner else "asr",
        architecture=architecture,
        audio=audio,
        text=text,
        audio_token_id=int(thinker["audio_token_id"]),
        eos_ids=_ids(generation.get("eos_token_id", config.get("eos_token_id"))),
        languages=tuple(map(str, config.get("support_languages", ()))),
        aligner=_parse_aligner(config, thinker, processor) if is_aligner else None,
    )


def _parse_aligner(
    config: dict[str, Any], thinker: dict[str, Any], processor: dict[str, Any]
) -> AlignerConfig:
    _require("token_classification_bias", config.get("token_classification_bias", False), False)
    # transformers writes no num_labels, but a name for each of them.
    count = thinker.get("classify_num", config.get("num_labels")) or len(config["id2label"])
    slot_id = config.get("timestamp_token_id")
    return AlignerConfig(
        num_classes=int(count),
        bin_ms=float(
            config.get("timestamp_segment_time") or processor.get("timestamp_segment_time") or _BIN_MS
        ),
        slot_id=None if slot_id is None else int(slot_id),
    )


def _parse_audio(audio: dict[str, Any]) -> AudioConfig:
    _require("audio_config.activation_function", audio.get("activation_function", "gelu"), "gelu")
    _require("audio_config.scale_embedding", audio.get("scale_embedding", False), False)
    chunk_frames = 2 * int(audio["n_window"])
    window_frames = int(audio["n_window_infer"])
    _require("audio_config.n_window_infer modulo chunk", window_frames % chunk_frames, 0)
    return AudioConfig(
        d_model=int(audio["d_model"]),
        num_layers=int(audio["encoder_layers"]),
        num_heads=int(audio["encoder_attention_heads"]),
        ffn_dim=int(audio["encoder_ffn_dim"]),
        output_dim=int(audio["output_dim"]),
        num_mel_bins=int(audio["num_mel_bins"]),
        conv_channels=int(audio["downsample_hidden_size"]),
        chunk_frames=chunk_frames,
        window_frames=window_frames,
    )


def _parse_text(text: dict[str, Any]) -> TextConfig:
    rope = text.get("rope_parameters") or text.get("rope_scaling") or {}
    _require("text_config.hidden_act", text["hidden_act"], "silu")
    _require("text_config.attention_bias", text.get("attention_bias", False), False)
    _require("text_config.use_sliding_window", text.get("use_sliding_window") or False, False)
    # M-RoPE of the original layout equals plain RoPE here: audio and text advance all three indices alike.
    _require("text_config rope_type", rope.get("rope_type", "default"), "default")
    return TextConfig(
        hidden_size=int(text["hidden_size"]),
        num_layers=int(text["num_hidden_layers"]),
        num_heads=int(text["num_attention_heads"]),
        num_kv_heads=int(text["num_key_value_heads"]),
        head_dim=int(text["head_dim"]),
        intermediate_size=int(text["intermediate_size"]),
        vocab_size=int(text["vocab_size"]),
        max_positions=int(text["max_position_embeddings"]),
        rope_theta=float(text.get("rope_theta") or rope["rope_theta"]),
        rms_norm_eps=float(text["rms_norm_eps"]),
    )


def _require(name: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise ValueError(f"{name} is {actual!r}, this exporter knows {expected!r} only")


def _ids(value: int | list[int] | None) -> tuple[int, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, int) else tuple(value)
