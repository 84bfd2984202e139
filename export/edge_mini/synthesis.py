"""Text to waveform through the command-line engines espeak-ng and flite."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from edge_mini.pinyin import to_pinyin
from edge_mini.sentences import Language
from edge_mini.variants import data_folder_with
from edge_mini.voices import Engine, Voice

Waveform = NDArray[np.float32]
SAMPLE_RATE = 16_000

_APT_PACKAGES: dict[Engine, str] = {"espeak-ng": "espeak-ng", "flite": "flite"}


class EngineMissingError(RuntimeError):
    """A speech synthesiser is not installed."""


@dataclass(frozen=True, slots=True)
class Prosody:
    """How a sentence is spoken.

    Attributes:
        tempo: speaking rate relative to the engine's default.
        pitch: 0 (low) to 99 (high) as espeak-ng counts, 50 being the voice's own.
    """

    tempo: float
    pitch: int

    @property
    def rate_wpm(self) -> int:
        """Words a minute as espeak-ng counts."""
        return round(175 * self.tempo)


def check_engines() -> None:
    """Raise EngineMissingError, naming the Debian packages, if an engine is not on the path."""
    missing = [package for engine, package in _APT_PACKAGES.items() if shutil.which(engine) is None]
    if missing:
        raise EngineMissingError(f"speech engines missing; run: apt-get install {' '.join(missing)}")


def speak(text: str, language: Language, voice: Voice, prosody: Prosody) -> Waveform:
    """Synthesise one sentence as 16 kHz mono, shape (samples,), silence trimmed at both ends."""
    spoken = to_pinyin(text) if language == "Chinese" else text
    run = _run_espeak if voice.engine == "espeak-ng" else _run_flite
    samples = read_wav(run(spoken, voice, prosody))
    return samples[audible(samples)]


def read_wav(wav: bytes) -> Waveform:
    """Decode a WAV file to 16 kHz, shape (samples,)."""
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    if rate != SAMPLE_RATE:
        samples = soxr.resample(samples, rate, SAMPLE_RATE)
    return np.asarray(samples, dtype=np.float32)


def _run_espeak(text: str, voice: Voice, prosody: Prosody) -> bytes:
    options = ["-v", voice.name, "-s", str(prosody.rate_wpm), "-p", str(prosody.pitch), "-b", "1"]
    if voice.random_variant:
        options.append(f"--path={data_folder_with(voice.random_variant)}")
    return _capture(["espeak-ng", *options], text)


def _run_flite(text: str, voice: Voice, prosody: Prosody) -> bytes:
    stretch = f"duration_stretch={1 / prosody.tempo:.3f}"
    return _capture(["flite", "-voice", voice.name, "--setf", stretch], text)


def _capture(command: list[str], text: str) -> bytes:
    # A file, not a pipe: on a pipe the engines cannot go back to write the length into the WAV header.
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        if command[0] == "flite":
            command = [*command, "-t", text, "-o", wav.name]
        else:
            command = [*command, "-w", wav.name, text]
        # The command is made of this package's own grammar and voice tables only.
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        return Path(wav.name).read_bytes()


def audible(samples: Waveform, floor: float = 0.01) -> slice:
    """Find the part between the first and the last sample above `floor` of the peak, with 10 ms around it."""
    margin = SAMPLE_RATE // 100
    loud = np.flatnonzero(np.abs(samples) > floor * np.abs(samples).max(initial=0.0))
    if loud.size == 0:
        raise ValueError("the engine produced silence")
    return slice(max(0, int(loud[0]) - margin), int(loud[-1]) + margin)
