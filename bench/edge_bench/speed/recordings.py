"""The recordings of a measurement: files, or synthetic audio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from edge_bench.speed.synthetic import speech_like
from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import Audio, from_array
from edge_runtime.audio.source import load_source
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.errors import AudioError, AudioTooLongError
from edge_runtime.vad.energy import detect_speech


@dataclass(frozen=True, slots=True)
class BenchRecording:
    """One recording.

    Attributes:
        source: a file, which every query reads anew, or loaded audio.
        duration_s: its length.
        sha256: of the file; None for synthetic audio.
    """

    source: Path | Audio
    duration_s: Seconds
    sha256: str | None = None


def recorded(path: Path, manifest: Manifest) -> BenchRecording:
    """Return a file as a recording.

    Silence is refused: its transcript is empty, so most stages would have nothing to do.

    Raises:
        AudioError: it cannot be used, or is silent.
    """
    audio = load_source(path, None, manifest.features.sample_rate, manifest.limits.max_audio_s)
    if not detect_speech(audio.waveform, audio.sample_rate):
        raise AudioError(
            f"{path}: silent, and the times of an empty answer say little. "
            f"Give a recording of speech, or --synthetic SECONDS."
        )
    return BenchRecording(path, audio.duration_s, sha256(path.read_bytes()).hexdigest())


def synthetic(duration_s: Seconds, manifest: Manifest) -> BenchRecording:
    """Return synthetic audio at the sample rate of a bundle.

    Raises:
        UsageError: the length is no number, or too short.
        AudioTooLongError: it is longer than the bundle takes.
    """
    rate, max_audio_s = manifest.features.sample_rate, manifest.limits.max_audio_s
    if duration_s > max_audio_s:  # checked first: the samples might not fit the memory
        raise AudioTooLongError(
            f"--synthetic {duration_s:g}: the bundle takes {max_audio_s:.1f} s in one piece."
        )
    audio = from_array(speech_like(duration_s, rate), rate, rate, max_audio_s)
    return BenchRecording(audio, audio.duration_s)


def read_recordings(
    paths: Iterable[Path], lengths_s: Sequence[Seconds], manifest: Manifest
) -> tuple[BenchRecording, ...]:
    """Return files, then synthetic audio of some lengths; raises as `recorded` and `synthetic` do."""
    files = [recorded(path, manifest) for path in paths]
    return (*files, *(synthetic(length_s, manifest) for length_s in lengths_s))
