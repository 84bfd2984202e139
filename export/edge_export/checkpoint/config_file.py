"""config.json of either layout, read and checked for what the graphs compute."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from edge_export.checkpoint.config import (
    ALIGNER_ARCHITECTURE,
    AlignerConfig,
    AudioConfig,
    ModelConfig,
    TextConfig,
)
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_NAME: Final = "config.json"
GENERATION_NAME: Final = "generation_config.json"
_GREEDY: Final[dict[str, Any]] = {
    "do_sample": False,
    "num_beams": 1,
    **dict.fromkeys(("repetition_penalty", "encoder_repetition_penalty"), 1.0),
    **dict.fromkeys(("no_repeat_ngram_size", "min_length", "min_new_tokens"), 0),
    **dict.fromkeys(("suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "sequence_bias")),
    **dict.fromkeys(("forced_bos_token_id", "forced_eos_token_id", "exponential_decay_length_penalty")),
}
"""Fields of generation_config.json that change which tokens are taken, and the value that changes nothing."""
_MODEL_TYPE: Final = "qwen3_asr"
_BIN_MS: Final = 80.0
"""Width of a class of time where no configuration states it; the default of transformers 5.23.0."""

_HALF_CHUNK: Final = 50
"""Frames of half a chunk; every implementation counts 13 tokens a chunk, whatever config.json says."""


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
    _check_quantization(config, path)
    generation, processor = (
        read_json(extra) if extra.is_file() else {}
        for extra in (directory / GENERATION_NAME, directory / "processor_config.json")
    )
    try:
        return _parse(config, generation, processor)
    except _UnsupportedError as error:
        raise CheckpointError(f"{path}: {error}.") from error
    except KeyError as error:
        raise CheckpointError(
            f"{path}: not a complete Qwen3-ASR configuration, it does not state {error}."
        ) from error
    except (TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise CheckpointError(f"{path}: not a Qwen3-ASR configuration that can be read ({error}).") from error


class _UnsupportedError(Exception):
    """What a configuration asks for that the graphs do not compute."""


def generation_notices(directory: Path) -> tuple[str, ...]:
    """Return what generation_config.json asks of decoding beside the ids that end a text, as sentences.

    Raises:
        CheckpointError: the file cannot be read.
    """
    path = directory / GENERATION_NAME
    settings = read_json(path) if path.is_file() else {}
    asks = [
        f"{name} {settings[name]!r}" for name, off in _GREEDY.items() if settings.get(name) not in (None, off)
    ]
    if not asks:
        return ()
    return (f"{path}: asks for {', '.join(asks)}; edge-asr takes the likeliest token, whatever it says",)


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


def _check_quantization(config: dict[str, Any], path: Path) -> None:
    """Refuse weights that are codes of a quantiser, which the configuration names where it likes."""
    thinker = config.get("thinker_config")
    parents = [config, *([thinker] if isinstance(thinker, dict) else [])]
    sections = [*parents, *(parent.get(f"{part}_config") for parent in parents for part in ("text", "audio"))]
    settings = next(
        (each["quantization_config"] for each in sections if each and each.get("quantization_config")), None
    )
    if settings is None:
        return
    method = settings.get("quant_method", "unknown") if isinstance(settings, dict) else settings
    raise CheckpointError(
        f"{path}: quantization_config names {method!r}: the weights are codes of that quantiser. Name the "
        f"checkpoint they were made from, and let `--precision int8` or `int4` quantise it."
    )


def _parse(config: dict[str, Any], generation: dict[str, Any], processor: dict[str, Any]) -> ModelConfig:
    thinker = config.get("thinker_config", config)
    architecture = str((config.get("architectures") or ["unknown"])[0])
    is_aligner = "classify_num" in thinker or architecture == ALIGNER_ARCHITECTURE
    audio, text = _parse_audio(thinker["audio_config"]), _parse_text(thinker["text_config"])
    _require("audio_config.output_dim", audio.output_dim, text.hidden_size)
    # transformers 5 reads the flag of the whole model, the official package that of its text part.
    ties = thinker["text_config"] if "thinker_config" in config else config
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
        ties_head=bool(ties.get("tie_word_embeddings", True)),
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
    _require("audio_config.n_window", audio["n_window"], _HALF_CHUNK)
    chunk_frames = 2 * int(audio["n_window"])
    window_frames = int(audio["n_window_infer"])
    if window_frames < chunk_frames or window_frames % chunk_frames:
        raise _UnsupportedError(
            f"audio_config.n_window_infer is {window_frames}, edge-asr builds a multiple of {chunk_frames}"
        )
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
    rope_type = rope.get("rope_type", rope.get("type", "default"))  # the older name
    _require("text_config.hidden_act", text["hidden_act"], "silu")
    _require("text_config.attention_bias", text.get("attention_bias", False), False)
    _require("text_config.use_sliding_window", text.get("use_sliding_window") or False, False)
    # M-RoPE of the original layout equals plain RoPE here: audio and text advance all three indices alike.
    _require("text_config rope_type", rope_type, "default")
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
        raise _UnsupportedError(f"{name} is {actual!r}, edge-asr builds {expected!r} only")


def _ids(value: int | list[int] | None) -> tuple[int, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, int) else tuple(value)
