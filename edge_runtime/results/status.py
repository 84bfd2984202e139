"""How far a text can be relied on: the status of a segment and of a whole transcript."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

Status = Literal[
    "no_speech",
    "ok",
    "audio_clipped",
    "language_uncertain",
    "low_confidence",
    "loop_recovered",
    "loop_unresolved",
    "partial",
    "truncated",
]
"""From the least to the worst:

* `no_speech`: there is no text. The whole has it only if no segment has text.
* `ok`: nothing speaks against the text.
* `audio_clipped`: the recording was overdriven, so words may be wrong.
* `language_uncertain`: the model gave its language a probability under 0.9.
* `low_confidence`: the mean log-probability of the tokens is low.
* `loop_recovered`: the decoder repeated itself; the text is that of shorter stretches, which it decoded well.
* `loop_unresolved`: it repeated itself there too; what it repeated was cut, and speech may be missing.
* `partial`: a stretch of the recording has no text because it failed or was left out.
* `truncated`: the token budget ended the text.
"""

STATUSES: Final[tuple[Status, ...]] = get_args(Status)
"""In the order of `Status`."""

CUT: Final[frozenset[Status]] = frozenset({"truncated", "loop_unresolved"})
"""The decoder was stopped before the end of the speech."""

Rung = Literal["margins", "halves", "unforced"]
"""What was tried with a doubtful segment: decoded again with other margins; its halves decoded apart; the
model asked whether somebody speaks, without the language that the caller forced."""


def worst_status(statuses: Iterable[Status]) -> Status:
    """Return the worst of some statuses, `no_speech` where there are none."""
    return max(statuses, key=STATUSES.index, default="no_speech")
