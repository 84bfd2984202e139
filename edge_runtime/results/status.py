"""How far a text can be relied on: the status of a segment and of a whole transcript."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

from edge_runtime.audio.notice import AudioNotice

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
* `partial`: the recording is damaged, and a stretch of it could not be read. What a detector left out is no
  status: the transcript lists it as `uncovered`.
* `truncated`: the token budget ended the text.
"""

STATUSES: Final[tuple[Status, ...]] = get_args(Status)
"""In the order of `Status`."""

CUT: Final[frozenset[Status]] = frozenset({"truncated", "loop_unresolved"})
"""The decoder was stopped before the end of the speech."""

Rung = Literal["margins", "unpacked", "halves"]
"""What was tried with a doubtful segment: decoded again with other margins; the stretches that it was packed
of, or its halves, decoded apart."""


def status_with(status: Status, notices: Iterable[AudioNotice]) -> Status:
    """Return the status of a text and its recording; without text, no word can be wrong."""
    codes = {notice.code for notice in notices}
    clipped: set[Status] = {"audio_clipped"} if "audio_clipped" in codes and status != "no_speech" else set()
    cut: set[Status] = {"partial"} if "partial" in codes else set()
    return worst_status({status} | clipped | cut)


def worst_status(statuses: Iterable[Status]) -> Status:
    """Return the worst of some statuses, `no_speech` where there are none."""
    return max(statuses, key=STATUSES.index, default="no_speech")
