"""Decode pieces, and those of low confidence again with more around them; the best of each is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from math import inf
from typing import Final

from edge_runtime.errors import AudioError
from edge_runtime.recognition.answers.confidence import LOW_LOGPROB
from edge_runtime.recognition.long.pieces import SECOND_LOOK_MARGINS, Piece, PieceReader
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.result_warning import ResultWarning, WarningCode
from edge_runtime.results.transcript import Transcript

_DOUBTFUL_LOGPROB: Final = -0.05
"""Mean log-probability below which a segment is decoded again: of those above, one in a hundred has errors,
of those below, one in five to one in two."""
_OF_A_TEXT: Final[frozenset[WarningCode]] = frozenset({"low_confidence", "language_uncertain"})
"""What a text may be warned of, and nothing is where it is left out."""

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
    for index, (piece, result) in _decode_all(graphs, pieces, batch_size):
        if isinstance(result, Transcript) and _is_doubtful(piece, result):
            doubtful[index] = [(piece, result)]
        else:
            yield index, (piece, _trusted(piece, result))
    others = [
        (index, other)
        for index in doubtful
        for margin_s in SECOND_LOOK_MARGINS
        if (other := reader.another(pieces[index], margin_s)) is not None
    ]
    for at, (other, result) in _decode_all(graphs, [other for _, other in others], batch_size):
        if isinstance(result, Transcript):
            doubtful[others[at][0]].append((other, result))
    for index, candidates in doubtful.items():
        piece, best = max(candidates, key=_logprob)
        yield index, (piece, _noted(best) if len(candidates) > 1 else best)


def _decode_all(graphs: Transcriber, pieces: Sequence[Piece], batch_size: int) -> Iterator[IndexedResult]:
    """Decode pieces, those of equal options together."""
    for _, group in groupby(range(len(pieces)), key=lambda index: pieces[index].voiceless):
        indices = list(group)
        recordings = [pieces[index].recording for index in indices]
        for at, result in graphs.transcribe_pool(recordings, pieces[indices[0]].options, batch_size):
            yield indices[at], (pieces[indices[at]], result)


def _is_doubtful(piece: Piece, result: Transcript) -> bool:
    if piece.wider is None or not piece.options.long.second_look or result.avg_logprob is None:
        return False
    return result.avg_logprob < _DOUBTFUL_LOGPROB


def _trusted(piece: Piece, result: Transcript | AudioError) -> Transcript | AudioError:
    """Return the result; where two of three think that nobody speaks, without text and with a warning."""
    if not piece.voiceless or isinstance(result, AudioError) or not result.text:
        return result
    logprob = result.avg_logprob or 0.0
    if logprob >= LOW_LOGPROB:
        return result
    left_out = ResultWarning(
        "no_speech",
        f"A doubtful text (mean log-probability {logprob:.2f}) was left out: the voice activity detector "
        f"hears nobody. If somebody speaks, lower --vad-threshold, or give --no-vad.",
    )
    warnings = (*(one for one in result.warnings if one.code not in _OF_A_TEXT), left_out)
    return replace(
        result,
        text="",
        segments=(),
        language=None,
        language_code=None,
        language_probability=None,
        status="no_speech",
        warnings=warnings,
    )


def _logprob(candidate: tuple[Piece, Transcript]) -> float:
    logprob = candidate[1].avg_logprob
    return -inf if logprob is None else logprob


def _noted(result: Transcript) -> Transcript:
    segments = tuple(replace(one, rungs=("margins", *one.rungs)) for one in result.segments)
    return replace(result, segments=segments)
