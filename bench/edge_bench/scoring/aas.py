"""Accumulated averaging shift: mean distance of predicted times from true ones, in milliseconds.

Source: the technical report of Qwen3-ASR, which scores forced aligners with it: the mean of |predicted −
true| over the starts and the ends of all units.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge_bench.corpus import UnitSpan
from edge_runtime.arrays import Milliseconds


def shifts_ms(predicted: Sequence[UnitSpan], reference: Sequence[UnitSpan]) -> list[Milliseconds]:
    """Return |predicted − reference| of the times of one clip, start and end of each unit in turn.

    Raises:
        ValueError: the units are not the same.
    """
    texts = [unit.text for unit in predicted], [unit.text for unit in reference]
    if texts[0] != texts[1]:
        at = next((i for i, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1]), None)
        where = (
            f"{len(predicted)} and {len(reference)} of them"
            if at is None
            else f"they differ from unit {at} on"
        )
        raise ValueError(f"Only times of the same units can be compared; {where}.")
    return [
        1000 * abs(a - b)
        for left, right in zip(predicted, reference, strict=True)
        for a, b in ((left.start, right.start), (left.end, right.end))
    ]
