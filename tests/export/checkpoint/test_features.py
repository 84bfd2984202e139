"""Front-end parameters of both layouts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_export.checkpoint.features import read_features
from edge_runtime.errors import CheckpointError


def test_both_layouts_give_the_same_parameters(tiny_checkpoints: dict[str, Path]) -> None:
    hf, original = (read_features(tiny_checkpoints[layout], 128).spec for layout in ("hf", "original"))
    assert hf == original
    assert (hf.sample_rate, hf.n_fft, hf.hop_length, hf.fmax) == (16000, 400, 160, 8000.0)
    assert hf.min_samples == 8000


def test_the_shortest_clip_is_the_checkpoints_own(hf_copy: Path) -> None:
    path = hf_copy / "processor_config.json"
    settings = json.loads(path.read_text("utf-8"))
    settings["feature_extractor"]["min_length"] = 4000
    path.write_text(json.dumps(settings), "utf-8")
    assert read_features(hf_copy, 128).spec.min_samples == 4000


def test_released_parameters_are_read(released: Path) -> None:
    assert read_features(released / "Qwen3-ASR-0.6B", 128).spec.n_mels == 128


@pytest.mark.parametrize(("key", "value"), [("feature_size", 80), ("dither", 0.1)])
def test_features_the_runtime_does_not_compute_are_refused(
    original_copy: Path, key: str, value: float
) -> None:
    path = original_copy / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {key: value}), "utf-8")
    with pytest.raises(CheckpointError, match=key):
        read_features(original_copy, 128)


def test_a_missing_configuration_is_that_of_the_released_models_and_is_reported(
    original_copy: Path, released: Path
) -> None:
    (original_copy / "preprocessor_config.json").unlink()
    features = read_features(original_copy, 128)
    assert features.spec == read_features(released / "Qwen3-ASR-0.6B", 128).spec
    assert "copy the file from the base model" in features.notices[0]
