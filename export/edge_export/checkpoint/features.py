"""Parameters of the log-mel front end, from the checkpoint's processor configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from edge_export.checkpoint.config_file import read_json
from edge_runtime.bundle.specs import FeatureSpec
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

_FILES: Final = ("processor_config.json", "preprocessor_config.json")
_MIN_SAMPLES: Final = 8000
"""Shortest clip transformers feeds the encoder; the original layout does not state it."""

_MAX_FREQUENCY_HZ: Final = 8000.0
"""Of the filters, at any sample rate."""


@dataclass(frozen=True, slots=True)
class Features:
    """The front end, and what a user should know of how it was read, as sentences."""

    spec: FeatureSpec
    notices: tuple[str, ...] = ()


def processor_file(directory: Path) -> Path | None:
    """Return the file that configures the front end, None where there is none."""
    return next((directory / name for name in _FILES if (directory / name).is_file()), None)


def read_features(directory: Path, num_mel_bins: int) -> Features:
    """Read the front end of a checkpoint folder in either layout.

    What no configuration states (mel scale, frequency range, floor) is part of the extractor's definition.
    So is all that one states, in every released model: a folder without one, as official fine-tuning leaves
    it, has the same front end.

    Raises:
        CheckpointError: the processor configuration asks for another kind of features.

    Source: `Qwen3ASRFeatureExtractor` of transformers 5.23.0.
    """
    path = processor_file(directory)
    if path is None:
        notice = (
            f"{directory}: neither {' nor '.join(_FILES)} is there; the front end of the released "
            f"models is used. If yours is another, copy the file from the base model"
        )
        return Features(_spec({}, num_mel_bins), (notice,))
    settings = read_json(path)
    settings = settings.get("feature_extractor", settings)
    _check(settings, num_mel_bins, path)
    return Features(_spec(settings, num_mel_bins))


def _spec(settings: dict[str, Any], num_mel_bins: int) -> FeatureSpec:
    sample_rate = int(settings.get("sampling_rate", 16000))
    return FeatureSpec(
        sample_rate=sample_rate,
        n_fft=int(settings.get("n_fft", 400)),
        hop_length=int(settings.get("hop_length", 160)),
        n_mels=num_mel_bins,
        fmin=0.0,
        fmax=_MAX_FREQUENCY_HZ,
        mel_scale="slaney",
        mel_norm="slaney",
        log_floor=1e-10,
        dynamic_range=8.0,
        min_samples=int(settings.get("min_length", _MIN_SAMPLES)),
    )


def _check(settings: dict[str, Any], num_mel_bins: int, path: Path) -> None:
    required = {"feature_size": num_mel_bins, "dither": 0.0}
    for key, expected in required.items():
        actual = settings.get(key, expected)
        if actual != expected:
            raise CheckpointError(
                f"{path}: {key} is {actual!r}, the exporter and config.json ask for {expected!r}."
            )
