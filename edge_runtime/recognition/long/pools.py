"""Decodes the pieces of a request in pools, and gives the result of each recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from edge_runtime.errors import AudioError
from edge_runtime.recognition.batching import pool_batch_size, prefetch, reorder
from edge_runtime.recognition.long.assembly import Assembly
from edge_runtime.recognition.long.pieces import PieceReader, Step
from edge_runtime.recognition.long.second_look import Look, decode_pieces
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.transcript import Transcript

Decode = Callable[[Transcriber], Iterator[tuple[int, Look]]]


def decode_steps(
    steps: Iterable[Step],
    reader: PieceReader,
    assembly: Assembly,
    each: Callable[[Decode], Iterator[tuple[int, Look]]],
    batch_size: int,
) -> Iterator[Transcript | AudioError]:
    """Yield the result of each recording, as soon as its last piece is decoded.

    Args:
        steps: of the recordings, as `RecordingReader.steps` yields them.
        reader: of their pieces, for another look at one.
        assembly: joins the pieces.
        each: runs what decodes on the graphs, which it holds while something is computed.
        batch_size: most pieces at a time.
    """
    for pool in prefetch(steps, batch_size):
        pieces = [step.piece for step in pool if step.piece is not None]
        size = pool_batch_size(pieces, batch_size)
        decoded = reorder(each(partial(decode_pieces, reader=reader, pieces=pieces, batch_size=size)))
        for step in pool:
            if step.piece is not None:
                for piece, result in next(decoded):
                    assembly.add(piece, result)
            if step.end is not None:
                yield assembly.end(step.end)
        next(decoded, None)  # lets the graphs keep what the next pool can use
