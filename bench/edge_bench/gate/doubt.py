"""What a list is too short to show."""

from __future__ import annotations

import math
from typing import Final

RULE_OF_THREE: Final = 3
"""What was not seen in n trials may still happen in 3 of n, at 95 % confidence."""
SAME: Final = 1e-9
"""Points that are arithmetic: 0.1 may be written as a sum that is not quite."""


def remedy(num_clips: int, reach: float, room: float) -> str:
    """Say how long a list with such figures would tell: an interval shrinks with the root of the clips.

    Args:
        num_clips: of the list.
        reach: from the figure to the end of its interval on the side of the limit.
        room: from the figure to the limit.
    """
    if room <= SAME:
        return ""
    needed = num_clips * (reach / room) ** 2
    rounded = round(needed, 1 - math.floor(math.log10(needed)))
    return f"; about {rounded:,.0f} like these would"
