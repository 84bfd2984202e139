"""A recording whose pieces are decoded among those of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge_runtime.recognition.long.assembly import Assembly
from edge_runtime.recognition.long.pieces import PieceReader, Step
from edge_runtime.recognition.options import DecodingOptions


@dataclass(frozen=True, slots=True)
class PendingRecording:
    """What is left to do of a recording; `Recognizer.open_recording` begins it.

    Attributes:
        steps: its pieces as they are read; the last one says how it ends.
        reader: of its pieces.
        assembly: takes what becomes of them, in order, and gives the transcript.
    """

    steps: Iterator[Step]
    reader: PieceReader
    assembly: Assembly

    @property
    def options(self) -> DecodingOptions:
        """Those of its request; pieces with equal ones are decoded together."""
        return self.reader.options
