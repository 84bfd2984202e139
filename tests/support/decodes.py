"""Recordings of a run that are counted as they are decoded, by a process that may die meanwhile."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from tests.support.tiny_bundle import tone

_RATE: Final = 16_000

COUNTED: Final = """
import os, signal
from edge_runtime.recognition.long import reading
actual = reading.open_source
count = 0

def open_source(audio, *arguments, **named):
    global count
    count += 1
    with open(os.environ["DECODES"], "a") as log:
        print(audio.path.name, file=log)
    by = os.environ.get("DIE_BY")
    if by and (count == int(os.environ.get("DIE_AT", 0)) or audio.path.name == os.environ.get("DIE_OF")):
        os.kill(os.getpid(), getattr(signal, by))
    return actual(audio, *arguments, **named)

reading.open_source = open_source
"""
"""Python that runs before the command: it writes the name of each file that is decoded to `$DECODES`, and at
the `$DIE_AT`th, or that of name `$DIE_OF`, the process gets the signal `$DIE_BY`."""


def write_recordings(folder: Path, count: int, num_broken: int = 0) -> list[Path]:
    """Write short recordings, each of its own content; the last ones are no audio."""
    folder.mkdir(parents=True)
    paths = [folder / f"{number:04}.wav" for number in range(count)]
    for number, path in enumerate(paths):
        if number < count - num_broken:
            soundfile.write(path, tone(1600) * np.float32(1 - number / (2 * count)), _RATE, subtype="FLOAT")
        else:
            path.write_bytes(b"RIFF of nothing" + bytes([number % 256]))
    return paths


def decodes(log: Path) -> Counter[str]:
    """Return how often each file was decoded."""
    return Counter(log.read_text("utf-8").split())
