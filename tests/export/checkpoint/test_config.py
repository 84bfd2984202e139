"""config.json of both layouts, and of everything else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge_export.checkpoint.config_file import generation_notices, read_config
from edge_export.checkpoint.dummy import RELEASED
from edge_runtime.errors import CheckpointError


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_both_layouts_mean_the_same(tiny_checkpoints: dict[str, Path]) -> None:
    hf, original = (read_config(tiny_checkpoints[layout]) for layout in ("hf", "original"))
    assert len(original.languages) == 30
    assert hf == replace(original, layout="hf", languages=())


@pytest.mark.parametrize(
    ("folder", "size"),
    [("Qwen3-ASR-0.6B", "0.6b"), ("Qwen3-ASR-0.6B-hf", "0.6b"), ("Qwen3-ASR-1.7B-hf", "1.7b")],
)
def test_released_configurations_are_read(released: Path, folder: str, size: str) -> None:
    config = read_config(released / folder)
    assert (config.audio, config.text) == RELEASED[size]
    assert (config.kind, config.audio_token_id, config.eos_ids) == ("asr", 151676, (151643, 151645))


def test_an_aligner_is_recognized(released: Path) -> None:
    assert read_config(released / "Qwen3-ForcedAligner-0.6B").kind == "aligner"


def test_an_aligner_of_the_hf_layout_is_recognized_by_its_architecture(hf_copy: Path) -> None:
    _edit(hf_copy / "config.json", architectures=["Qwen3ASRForTokenClassification"], num_labels=5000)
    assert read_config(hf_copy).kind == "aligner"


def test_another_family_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "whisper", "architectures": ["WhisperModel"]}')
    with pytest.raises(CheckpointError, match=r"'whisper' \(WhisperModel\).*Qwen3-ASR family"):
        read_config(tmp_path)


def test_a_folder_without_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint here"):
        read_config(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\x00"])
def test_a_configuration_that_is_no_json_object_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("text_config", "hidden_act", "gelu"),
        ("text_config", "attention_bias", True),
        ("text_config", "rope_parameters", {"rope_theta": 1e6, "rope_type": "yarn"}),
        ("text_config", "hidden_size", 128),
        ("text_config", "num_hidden_layers", None),
        ("audio_config", "activation_function", "relu"),
        ("audio_config", "scale_embedding", True),
        ("audio_config", "n_window_infer", 130),
        ("audio_config", "n_window_infer", 0),
        ("audio_config", "n_window", 25),
        ("text_config", "rope_parameters", None),
    ],
)
def test_what_the_graphs_do_not_compute_is_refused(hf_copy: Path, part: str, key: str, value: object) -> None:
    path = hf_copy / "config.json"
    config = json.loads(path.read_text("utf-8"))
    config[part][key] = value
    path.write_text(json.dumps(config), "utf-8")
    with pytest.raises(CheckpointError, match=r"edge-asr builds|that can be read|does not state"):
        read_config(hf_copy)


def test_the_older_name_of_a_rope_type_is_read(hf_copy: Path) -> None:
    path = hf_copy / "config.json"
    config = json.loads(path.read_text("utf-8"))
    config["text_config"]["rope_scaling"] = {"type": "linear", "factor": 2}
    del config["text_config"]["rope_parameters"]
    config["text_config"]["rope_theta"] = 1e6
    path.write_text(json.dumps(config), "utf-8")
    with pytest.raises(CheckpointError, match=r"rope_type is 'linear', edge-asr builds 'default' only"):
        read_config(hf_copy)


@pytest.mark.parametrize("method", ["awq", "gptq", "bitsandbytes", "fp8"])
@pytest.mark.parametrize("section", [(), ("text_config",)])
def test_a_quantised_checkpoint_is_refused_by_its_quantiser(
    hf_copy: Path, method: str, section: tuple[str, ...]
) -> None:
    path = hf_copy / "config.json"
    config = json.loads(path.read_text("utf-8"))
    (config[section[0]] if section else config)["quantization_config"] = {"quant_method": method, "bits": 4}
    path.write_text(json.dumps(config), "utf-8")
    with pytest.raises(CheckpointError, match=f"quantization_config names '{method}'"):
        read_config(hf_copy)


@pytest.mark.parametrize(
    ("field", "value", "is_reported"),
    [
        ("repetition_penalty", 1.2, True),
        ("num_beams", 4, True),
        ("do_sample", True, True),
        ("suppress_tokens", [3], True),
        ("repetition_penalty", 1.0, False),
        ("num_beams", 1, False),
        ("temperature", 1e-6, False),
    ],
)
def test_what_decoding_does_not_follow_is_reported(
    hf_copy: Path, *, field: str, value: object, is_reported: bool
) -> None:
    _edit(hf_copy / "generation_config.json", **{field: value})
    assert [f"asks for {field} {value!r}" in each for each in generation_notices(hf_copy)] == (
        [True] if is_reported else []
    )
