"""Decode pieces, and doubtful ones again, with more around them or in parts; the best of each is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from math import inf
from typing import Final

from edge_runtime.bundle.specs import ConfidenceSpec
from edge_runtime.errors import AudioError
from edge_runtime.recognition.batching import reorder
from edge_runtime.recognition.long.pieces import SECOND_LOOK_MARGINS, Piece, PieceReader
from edge_runtime.recognition.long.stitching import mean_logprob_of
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.status import Rung, Status
from edge_runtime.results.transcript import Transcript

_LOOPED: Final[frozenset[Status]] = frozenset({"loop_recovered", "loop_unresolved"})

Look = tuple[tuple[Piece, Transcript | AudioError], ...]
"""A segment as it was decoded once: as one piece, or as several that follow each other."""


def decode_pieces(
    graphs: Transcriber, reader: PieceReader, pieces: Sequence[Piece], batch_size: int
) -> Iterator[tuple[int, Look]]:
    """Decode pieces together.

    Args:
        graphs: decode.
        reader: of the pieces.
        pieces: of one request.
        batch_size: most pieces at a time.

    Yields:
        Index of each piece, and what was best with its transcript: the piece, a wider one, or the stretches
        that it was packed of, in order.
    """
    if not pieces:
        return
    doubtful: dict[int, list[Look]] = {}
    for index, look in _decode_all(graphs, reader, pieces, batch_size):
        if _is_doubtful(*look[0], reader, graphs.confidence):
            doubtful[index] = [look]
        else:
            yield index, look
    wider = [(index, (other,)) for index in doubtful for other in _wider(reader, pieces[index])]
    # Parts are heard as without packing: with more around them where they are doubtful.
    apart = [(index, parts) for index in doubtful if (parts := reader.parts(pieces[index]))]
    for decode, others in ((_decode_all, wider), (decode_pieces, apart)):
        again = [piece for _, other in others for piece in other]
        decoded = iter(list(reorder(decode(graphs, reader, again, batch_size))))
        for index, other in others:
            doubtful[index].append(tuple(chain.from_iterable(islice(decoded, len(other)))))
    for index, looks in doubtful.items():
        yield index, _noted(_best(looks), looks)


def _decode_all(
    graphs: Transcriber, reader: PieceReader, pieces: Sequence[Piece], batch_size: int
) -> Iterator[tuple[int, Look]]:
    recordings = [piece.recording for piece in pieces]
    for index, result in graphs.transcribe_pool(recordings, reader.options, batch_size):
        yield index, ((pieces[index], result),)


def _is_doubtful(
    piece: Piece, result: Transcript | AudioError, reader: PieceReader, confidence: ConfidenceSpec
) -> bool:
    if isinstance(result, AudioError) or result.avg_logprob is None:
        return False
    if piece.wider is None or not reader.options.long.second_look:
        return False
    if result.avg_logprob < confidence.doubtful_logprob:
        return True
    return result.status in _LOOPED and bool(reader.parts(piece))


def _wider(reader: PieceReader, piece: Piece) -> Iterator[Piece]:
    others = (reader.another(piece, margin_s) for margin_s in SECOND_LOOK_MARGINS)
    return (other for other in others if other is not None)


def _best(looks: Sequence[Look]) -> Look:
    """Return the look whose tokens are the likeliest, on average.

    A sum would favour the look that leaves words out. Of a packed segment, looks without a loop come first: a
    decoder that repeats itself is sure of what it repeats.
    """
    if any(map(_is_apart, looks)):
        looks = [look for look in looks if not any(one.status in _LOOPED for one in _results(look))] or looks
    return max(looks, key=_logprob)


def _logprob(look: Look) -> float:
    logprob = mean_logprob_of(_results(look))
    return -inf if logprob is None else logprob


def _results(look: Look) -> list[Transcript]:
    return [result for _, result in look if isinstance(result, Transcript)]


def _is_apart(look: Look) -> bool:
    return len(look) > 1


def _noted(best: Look, looks: Sequence[Look]) -> Look:
    """Note in a look what was tried beside the first."""
    rungs: dict[Rung, None] = {"unpacked" if _is_apart(look) else "margins": None for look in looks[1:]}
    return tuple((piece, _after(tuple(rungs), result)) for piece, result in best)


def _after(rungs: Sequence[Rung], result: Transcript | AudioError) -> Transcript | AudioError:
    if isinstance(result, AudioError):
        return result
    segments = tuple(replace(one, rungs=(*rungs, *one.rungs)) for one in result.segments)
    return replace(result, segments=segments)
