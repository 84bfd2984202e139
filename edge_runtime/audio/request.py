"""The recording of a request, however the caller has it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from edge_runtime.arrays import Array
from edge_runtime.audio.load import Audio, from_array, load_audio
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.errors import UsageError

Source: TypeAlias = str | Path | Array | Audio
"""A file, samples of shape (num_samples,) or (num_samples, channels), or loaded audio."""


def take_audio(audio: Source, sample_rate: int | None, manifest: Manifest) -> Audio:
    """Load a recording for a bundle.

    Args:
        audio: the recording, wherever it is.
        sample_rate: rate of the samples in Hz, needed with an array.
        manifest: says the rate and the longest recording.

    Raises:
        AudioError: the audio cannot be used, or is longer than the bundle takes.
        UsageError: an array without its rate.
    """
    target_rate, max_audio_s = manifest.features.sample_rate, manifest.limits.max_audio_s
    if isinstance(audio, Audio):
        return audio
    if isinstance(audio, (str, Path)):
        return load_audio(Path(audio), target_rate, max_audio_s)
    if sample_rate is None:
        raise UsageError("Samples were given without their rate. Pass sample_rate=… in Hz.")
    return from_array(audio, sample_rate, target_rate, max_audio_s)
