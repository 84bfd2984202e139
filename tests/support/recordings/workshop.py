"""A folder in which recordings of one clip are made, in every format and with every fault."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from edge_runtime.arrays import Waveform

RATE = 16_000
CLIPS = Path(__file__).parents[2] / "clips"


def clip(name: str = "en-00014") -> Waveform:
    """Return a clip of speech at 16 kHz."""
    samples: Waveform = soundfile.read(CLIPS / f"{name}.flac", dtype="float32")[0]
    return samples


def at_rate(samples: Waveform, rate: int) -> Waveform:
    """Return samples at 16 kHz as they are after a way through another rate."""
    there = soxr.resample(samples, RATE, rate, quality="HQ")
    back: Waveform = soxr.resample(there, rate, RATE, quality="HQ").astype(np.float32)
    return back


@dataclass(frozen=True)
class Workshop:
    """Makes recordings in a folder.

    Attributes:
        folder: where they are put.
    """

    folder: Path

    @property
    def source(self) -> Path:
        """The clip as a plain WAV."""
        path = self.folder / "source.wav"
        if not path.exists():
            soundfile.write(path, clip(), RATE, subtype="PCM_16")
        return path

    def ffmpeg(self, name: str, *arguments: str, source: Path | None = None) -> Path:
        """Return a recording that ffmpeg makes of the clip, or of another source."""
        target = self.folder / name
        command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(source or self.source), *arguments]
        subprocess.run([*command, "-y", f"file:{target}"], check=True)
        return target

    def command(self, name: str, *arguments: str) -> Path:
        """Return what ffmpeg makes of inputs of the caller's."""
        target = self.folder / name
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *arguments, "-y", f"file:{target}"], check=True)
        return target

    def piped(self, name: str, *arguments: str) -> Path:
        """Return what ffmpeg writes into a pipe, where it cannot come back to the header."""
        command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(self.source), *arguments, "pipe:1"]
        return self.put(name, subprocess.run(command, check=True, capture_output=True).stdout)

    def sound(self, name: str, samples: Waveform | None = None, rate: int = RATE, **form: str) -> Path:
        """Return a recording that libsndfile makes, of the clip unless there are samples."""
        target = self.folder / name
        soundfile.write(target, clip() if samples is None else samples, rate, **form)
        return target

    def put(self, name: str, content: bytes) -> Path:
        """Return a file with this content."""
        target = self.folder / name
        target.write_bytes(content)
        return target

    def cut(self, path: Path, share: float = 0.6) -> Path:
        """Return the beginning of a recording."""
        data = path.read_bytes()
        return self.put(f"cut-{path.name}", data[: int(share * len(data))])

    def hole(self, path: Path, share: float = 0.6, count: int = 400) -> Path:
        """Return a recording with other bytes at a place."""
        data = bytearray(path.read_bytes())
        at = int(share * len(data))
        data[at : at + count] = np.random.default_rng(1).bytes(min(count, len(data) - at))
        return self.put(f"hole-{path.name}", bytes(data))

    def renamed(self, path: Path, name: str) -> Path:
        """Return a copy under another name."""
        return self.put(name, path.read_bytes())
