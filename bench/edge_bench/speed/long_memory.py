"""Peak memory of reading a recording twice, by its length; each is measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np

from edge_bench.speed.figures import peak_rss_bytes
from edge_runtime.arrays import Seconds
from edge_runtime.audio.load import load_audio
from edge_runtime.audio.source import open_source
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.long.survey import survey_recording
from edge_runtime.vad.silero import SileroVad

_RATE: Final = 16_000
_STEREO_RATE: Final = 44_100


def peak_mb(recording: Path, bundle: Path) -> float:
    """Return the peak resident memory of reading, voice detection and plan, in MiB."""
    command = [sys.executable, "-m", "edge_bench.speed.long_memory", str(recording), str(bundle)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own module
    return int(done.stdout) / 2**20


def write_stereo(path: Path, source: Path, duration_s: Seconds) -> None:
    """Write a recording again and again, as 44.1 kHz stereo, until it lasts so long."""
    import soundfile  # noqa: PLC0415  # only this command needs it

    samples = load_audio(source, _STEREO_RATE, 3600.0).waveform
    both = np.stack([samples, 0.5 * samples], axis=1)
    num_left = int(duration_s * _STEREO_RATE)
    with soundfile.SoundFile(path, "w", _STEREO_RATE, 2, "PCM_16") as file:
        while num_left > 0:
            file.write(both[:num_left])
            num_left -= len(both)


def read_twice(recording: Path, bundle: Path) -> None:
    """Read a recording as transcription does, without decoding."""
    detector = SileroVad.of(open_bundle(bundle))
    with open_source(recording, None, _RATE) as opened:
        plan = survey_recording(opened, _RATE, detector, LongOptions(), 30.0)
        ranges = [(round(one.start * _RATE), round(one.end * _RATE)) for one in plan.segments]
        for _ in opened.stretches(plan.facts, ranges):
            pass


if __name__ == "__main__":
    read_twice(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(str(peak_rss_bytes() or 0))
