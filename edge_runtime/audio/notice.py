"""What a listener should know of a recording although its text is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NoticeCode = Literal[
    "partial",
    "may_be_cut",
    "length_not_written",
    "gap_filled",
    "clock_ignored",
    "several_tracks",
    "silent_track",
    "channels_cancel",
    "level_spike",
    "audio_clipped",
]
"""Stable names; a result shows them as the codes of its warnings."""


@dataclass(frozen=True, slots=True)
class AudioNotice:
    """What was found in a recording.

    Attributes:
        code: stable name, e.g. "partial".
        message: one or two sentences for a person: what was found, and what to do.
    """

    code: NoticeCode
    message: str
