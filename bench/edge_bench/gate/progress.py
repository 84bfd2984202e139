"""How far a gate is, in lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_REPORTS: Final = 20
"""Lines of progress for each bundle."""


def told(role: str, num_clips: int, on_line: Callable[[str], None]) -> Callable[[int], None]:
    """Return what is to be told the number of clips done.

    Args:
        role: of the bundle that hears them.
        num_clips: of the list.
        on_line: gets some twenty lines.
    """
    step = max(1, num_clips // _REPORTS)

    def on_clip(done: int) -> None:
        if done % step == 0 or done == num_clips:
            on_line(f"gate: {role} {done}/{num_clips}")

    return on_clip
