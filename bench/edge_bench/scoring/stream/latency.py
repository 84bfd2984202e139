"""How long after a word was spoken it is stable, on the clock of the audio: computing takes no time here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge_bench.corpus import UnitSpan
from edge_bench.scoring.mixed_units import mixed_units
from edge_bench.scoring.stream.log import SegmentLog
from edge_runtime.arrays import Seconds

_GAP = "*"


def commit_latencies(segments: Sequence[SegmentLog], spoken: Sequence[UnitSpan]) -> list[Seconds]:
    """Return the latencies of the words that the finals have right.

    Args:
        segments: of a recording.
        spoken: what is said, with the times of the recording.

    Returns:
        For each spoken word that a final has: from its end to the event with which it became stable, which
        is the final where it was not stable before, or was stable as another word.
    """
    said = [(word, unit.end) for unit in spoken for word in mixed_units(unit.text)]
    written = [pair for segment in segments for pair in _committed(segment)]
    matches = _matches([word for word, _ in said], [word for word, _ in written])
    return [written[at][1] - said[index][1] for index, at in matches]


def first_text_latencies(segments: Iterable[SegmentLog]) -> list[Seconds]:
    """Return for each segment with text: from when its speech was noticed to the first text that is shown."""
    firsts = ((one.noticed_s, next((at for at, text in one.shown() if text), None)) for one in segments)
    return [at - noticed for noticed, at in firsts if at is not None]


def _committed(segment: SegmentLog) -> list[tuple[str, Seconds]]:
    """Return the words of a final, each with the clock at which it was stable."""
    stable = ""
    early: list[tuple[str, Seconds]] = []
    for partial in segment.partials:
        stable += partial.stable_added
        words = mixed_units(stable)
        early += [(word, partial.audio_s) for word in words[len(early) :]]
    final = mixed_units(segment.final.text)
    clocks = [segment.ended_s] * len(final)
    for index, at in _matches(final, [word for word, _ in early]):
        clocks[index] = early[at][1]
    return list(zip(final, clocks, strict=True))


def _matches(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of equal words in the best alignment of two texts."""
    import kaldialign  # noqa: PLC0415  # an extra that only scoring needs

    pairs: list[tuple[int, int]] = []
    index = at = 0
    for one, other in kaldialign.align(list(left), list(right), _GAP):
        if one == other:
            pairs.append((index, at))
        index += one != _GAP
        at += other != _GAP
    return pairs
