"""Decode pieces, and those of low confidence again with more around them; the best of each is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import Final

from edge_runtime.errors import AudioError
from edge_runtime.recognition.long.pieces import SECOND_LOOK_MARGINS, Piece, PieceReader
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.transcript import Transcript

_DOUBTFUL_LOGPROB: Final = -0.05
"""Mean log-probability below which a segment is decoded again: of those above, one in a hundred has errors,
of those below, one in five to one in two."""

IndexedResult = tuple[int, tuple[Piece, Transcript | AudioError]]


def decode_pieces(
    graphs: Transcriber, reader: PieceReader, pieces: Sequence[Piece], batch_size: int
) -> Iterator[IndexedResult]:
    """Decode pieces together.

    Args:
        graphs: decode.
        reader: of the pieces.
        pieces: of one request.
        batch_size: most pieces at a time.

    Yields:
        Index of each piece, the piece or the wider one that was better, and its transcript.
    """
    doubtful: dict[int, list[tuple[Piece, Transcript]]] = {}
    for index, (piece, result) in _decode_all(graphs, reader, pieces, batch_size):
        if isinstance(result, Transcript) and _is_doubtful(piece, result, reader.options):
            doubtful[index] = [(piece, result)]
        else:
            yield index, (piece, result)
    others = [
        (index, other)
        for index in doubtful
        for margin_s in SECOND_LOOK_MARGINS
        if (other := reader.another(pieces[index], margin_s)) is not None
    ]
    for at, (other, result) in _decode_all(graphs, reader, [other for _, other in others], batch_size):
        if isinstance(result, Transcript):
            doubtful[others[at][0]].append((other, result))
    for index, candidates in doubtful.items():
        piece, best = max(candidates, key=_logprob)
        yield index, (piece, _noted(best) if len(candidates) > 1 else best)


def _decode_all(
    graphs: Transcriber, reader: PieceReader, pieces: Sequence[Piece], batch_size: int
) -> Iterator[IndexedResult]:
    recordings = [piece.recording for piece in pieces]
    for index, result in graphs.transcribe_pool(recordings, reader.options, batch_size):
        yield index, (pieces[index], result)


def _is_doubtful(piece: Piece, result: Transcript, options: DecodingOptions) -> bool:
    if piece.wider is None or not options.long.second_look or result.avg_logprob is None:
        return False
    return result.avg_logprob < _DOUBTFUL_LOGPROB


def _logprob(candidate: tuple[Piece, Transcript]) -> float:
    logprob = candidate[1].avg_logprob
    return -inf if logprob is None else logprob


def _noted(result: Transcript) -> Transcript:
    segments = tuple(replace(one, rungs=("margins", *one.rungs)) for one in result.segments)
    return replace(result, segments=segments)
