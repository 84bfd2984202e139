"""Live audio from files and standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from edge_runtime.arrays import Waveform
from edge_runtime.audio.clipping import Clipping
from edge_runtime.audio.recording import Recording
from edge_runtime.audio.source import open_source
from edge_runtime.cli.live.pcm import BLOCK_S, PcmFormat, read_blocks
from edge_runtime.cli.live.source import LiveSource, Remark
from edge_runtime.cli.live.wav_header import read_header
from edge_runtime.errors import UsageError

RATE: Final = 16_000
"""Rate at which files are decoded, that of all models."""


@contextmanager
def open_file(path: Path) -> Iterator[LiveSource]:
    """Open a recording of any format; its samples are those that `edge-asr run` decodes.

    Raises:
        AudioError: there is no such file, or it is no audio.
    """
    with open_source(path, None, RATE) as recording:
        yield LiveSource(str(path), RATE, _blocks(recording))


def _blocks(recording: Recording) -> Iterator[Waveform]:
    """Yield the samples; a first pass gives the peak, by which loud ones are divided."""
    _, facts = recording.scan(Clipping)
    step = round(BLOCK_S * RATE)
    ranges = ((first, min(first + step, facts.num_samples)) for first in range(0, facts.num_samples, step))
    return recording.stretches(facts, ranges)


@contextmanager
def open_pipe(stream: BinaryIO, name: str, raw: PcmFormat | None, remark: Remark) -> Iterator[LiveSource]:
    """Take what arrives through a pipe: a WAV, or bare samples.

    Args:
        stream: where bytes arrive, unbuffered: a read gives what is there.
        name: what messages call it.
        raw: format of bare samples, None for a WAV.
        remark: takes what a listener should know.

    Raises:
        AudioError: it is no WAV.
    """
    read = getattr(stream, "read1", stream.read)
    num_bytes = None
    if raw is None:
        header = read_header(read, name)
        raw, num_bytes = header.pcm, header.num_bytes
    yield LiveSource(name, raw.rate, read_blocks(read, raw, num_bytes=num_bytes, remark=remark))


def standard_input() -> BinaryIO:
    """Return standard input as bytes, without a buffer.

    Python cannot end while a thread waits in a buffered read of it.

    Raises:
        UsageError: a person types there.
    """
    if getattr(sys.stdin, "isatty", bool)():
        raise UsageError("Standard input is a terminal. Send audio through a pipe, or name a file or mic.")
    buffer = sys.stdin.buffer
    raw: BinaryIO = getattr(buffer, "raw", buffer)
    return raw
