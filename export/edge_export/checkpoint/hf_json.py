"""config.json and its companions, as either layout writes them; the inverse of `config`.

Used for dummy checkpoints and, through transformers' own classes, for the reference model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from edge_export.checkpoint.config import AlignerConfig, AudioConfig, ModelConfig

FEATURE_EXTRACTOR: Final[dict[str, Any]] = {
    "dither": 0.0,
    "feature_size": 128,
    "hop_length": 160,
    "n_fft": 400,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": True,
}


def hf_config(config: ModelConfig) -> dict[str, Any]:
    """Return config.json of the -hf layout."""
    return {
        "architectures": [config.architecture],
        "model_type": "qwen3_asr",
        "audio_config": _audio(config.audio) | {"model_type": "qwen3_asr_encoder"},
        "text_config": _text(config) | {
            "model_type": "qwen3",
            "rope_parameters": {"rope_theta": config.text.rope_theta, "rope_type": "default"},
        },
        "audio_token_id": config.audio_token_id,
        "eos_token_id": list(config.eos_ids),
        "dtype": "bfloat16",
        "tie_word_embeddings": config.kind == "asr",
    } | _hf_aligner(config.aligner)  # fmt: skip


def original_config(config: ModelConfig) -> dict[str, Any]:
    """Return config.json of the original layout."""
    rope = {
        "rope_type": "default",
        "mrope_section": [24, 20, 20],
        "interleaved": True,
        "mrope_interleaved": True,
    }
    return {
        "architectures": [config.architecture],
        "model_type": "qwen3_asr",
        "support_languages": list(config.languages),
        "thinker_config": {
            "model_type": "qwen3_asr" if config.aligner is None else "qwen3_forced_aligner",
            "audio_config": _audio(config.audio) | {"model_type": "qwen3_asr_audio_encoder"},
            "text_config": _text(config) | {"rope_theta": config.text.rope_theta, "rope_scaling": rope},
            "audio_token_id": config.audio_token_id,
            "dtype": "bfloat16",
        } | ({} if config.aligner is None else {"classify_num": config.aligner.num_classes}),
    } | _original_aligner(config.aligner)  # fmt: skip


def generation_config(config: ModelConfig) -> dict[str, Any]:
    """Return generation_config.json."""
    return {"do_sample": False, "eos_token_id": list(config.eos_ids)}


def processor_config(config: ModelConfig) -> dict[str, Any]:
    """Return processor_config.json of the -hf layout."""
    extractor = {"feature_extractor_type": "Qwen3ASRFeatureExtractor", "sampling_rate": 16000, "n_window": 50}
    bins = {"timestamp_segment_time": config.aligner.bin_ms} if config.aligner else {}
    settings = {"processor_class": "Qwen3ASRProcessor", "feature_extractor": FEATURE_EXTRACTOR | extractor}
    return settings | bins


def preprocessor_config() -> dict[str, Any]:
    """Return preprocessor_config.json of the original layout."""
    return FEATURE_EXTRACTOR | {"feature_extractor_type": "WhisperFeatureExtractor", "chunk_length": 30}


def _audio(audio: AudioConfig) -> dict[str, Any]:
    return {
        "activation_function": "gelu",
        "d_model": audio.d_model,
        "encoder_layers": audio.num_layers,
        "encoder_attention_heads": audio.num_heads,
        "encoder_ffn_dim": audio.ffn_dim,
        "output_dim": audio.output_dim,
        "num_mel_bins": audio.num_mel_bins,
        "downsample_hidden_size": audio.conv_channels,
        "n_window": audio.chunk_frames // 2,
        "n_window_infer": audio.window_frames,
        "max_position_embeddings": audio.chunk_tokens,
        "scale_embedding": False,
    }


def _hf_aligner(aligner: AlignerConfig | None) -> dict[str, Any]:
    if aligner is None:
        return {}
    labels = {str(index): f"LABEL_{index}" for index in range(aligner.num_classes)}
    return {
        "id2label": labels,
        "label2id": {label: int(index) for index, label in labels.items()},
        "timestamp_token_id": aligner.slot_id,
        "token_classification_bias": False,
    }


def _original_aligner(aligner: AlignerConfig | None) -> dict[str, Any]:
    if aligner is None:
        return {}
    return {"timestamp_token_id": aligner.slot_id, "timestamp_segment_time": aligner.bin_ms}


def _text(config: ModelConfig) -> dict[str, Any]:
    text = config.text
    return {
        "attention_bias": False,
        "head_dim": text.head_dim,
        "hidden_act": "silu",
        "hidden_size": text.hidden_size,
        "intermediate_size": text.intermediate_size,
        "max_position_embeddings": text.max_positions,
        "num_attention_heads": text.num_heads,
        "num_hidden_layers": text.num_layers,
        "num_key_value_heads": text.num_kv_heads,
        "rms_norm_eps": text.rms_norm_eps,
        "tie_word_embeddings": config.kind == "asr",
        "use_sliding_window": False,
        "vocab_size": text.vocab_size,
    }
