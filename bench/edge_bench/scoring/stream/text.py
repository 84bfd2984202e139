"""What live text takes back: counts over segments, to be pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge_bench.scoring.mixed_units import mixed_units
from edge_bench.scoring.stream.log import SegmentLog
from edge_runtime.streaming.commit.words import continuation


@dataclass(frozen=True, slots=True)
class TextCounts:
    """Counts of live text; sums of segments.

    Attributes:
        shown: characters that were written, each again where it was written again.
        removed: characters of these that were taken away.
        stable: stable words before the final; ideographs count as words.
        taken_back: of these, contradicted by the final.
    """

    shown: int = 0
    removed: int = 0
    stable: int = 0
    taken_back: int = 0

    def __add__(self, other: TextCounts) -> TextCounts:
        return TextCounts(
            self.shown + other.shown,
            self.removed + other.removed,
            self.stable + other.stable,
            self.taken_back + other.taken_back,
        )


def count_text(segment: SegmentLog) -> TextCounts:
    """Count what was shown, removed, stable and taken back in a segment."""
    shown = removed = 0
    before = ""
    for _, text in segment.shown():
        common = _common(before, text)
        removed += len(before) - common
        shown += len(text) - common
        before = text
    stable = mixed_units(segment.stable)
    return TextCounts(shown, removed, len(stable), edits_to_prefix(stable, mixed_units(segment.final.text)))


def _common(before: str, text: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = zip(before, text)  # noqa: B905  # the shorter one ends it
    differing = (at for at, (one, other) in enumerate(pairs) if one != other)
    return next(differing, min(len(before), len(text)))


def edits_to_prefix(stable: Sequence[str], final: Sequence[str]) -> int:
    """Return the fewest edits that make the stable words a beginning of the final's."""
    import kaldialign  # noqa: PLC0415  # an extra that only scoring needs

    ends = range(len(final) + 1)
    return min(int(kaldialign.edit_distance(list(final[:end]), list(stable))["total"]) for end in ends)


def live_text(segment: SegmentLog) -> str:
    """Return what stays for a reader whose stable text is never taken back: it, and how the final goes on."""
    rest, _ = continuation(segment.stable, segment.final.text)
    return segment.stable + rest
