"""The options of a stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from edge_runtime.arrays import Seconds
from edge_runtime.errors import UsageError
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.endpoints.options import EndpointOptions

Contract = Literal["exact", "append"]
"""What a final text promises: to be the transcript of its samples, or to take no stable word back."""

_MIN_SEGMENT_S: Seconds = 3.0
"""A segment is cut in its last two seconds."""
_MAX_SEGMENT_S: Seconds = 30.0
"""Longest segment of a recording, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """How a stream is transcribed.

    Attributes:
        language: to force, by any of its names; None to detect it in each segment.
        context: background text, such as names and terms that may occur.
        hop_sec: seconds of speech between two hypotheses. None takes 0.5, and 1 where a step takes longer
            than the hop; when there is text then depends on the machine.
        contract: `exact`: a final is the transcript of its segment's samples, and may correct stable words.
            `append`: a final begins with the stable text.
        commit: which words become stable; None takes the figures that the bundle states.
        endpoint: where segments begin and end.
        max_segment_sec: longest segment; less where the bundle or the context leave no room. A longer one is
            cut in the best pause of its last two seconds.
        carry_language: force the language of the last final, where none is forced. A segment that was cut
            for its length hands its language on in any case: nobody stopped to speak.
        max_queued_partials: as many partials wait for whoever reads `events`; more are joined.
        max_buffer_sec: with a worker, `feed` waits while so much audio waits for it.

    Raises:
        UsageError: a figure that means nothing.
    """

    language: str | None = None
    context: str = ""
    hop_sec: Seconds | None = 0.5
    contract: Contract = "exact"
    commit: CommitOptions | None = None
    endpoint: EndpointOptions = field(default_factory=EndpointOptions)
    max_segment_sec: Seconds = 24.0
    carry_language: bool = False
    max_queued_partials: int = 256
    max_buffer_sec: Seconds = 30.0

    def __post_init__(self) -> None:
        if self.hop_sec is not None and self.hop_sec <= 0:
            raise UsageError(f"hop_sec is {self.hop_sec:g}; give seconds above 0, or None.")
        if self.contract not in ("exact", "append"):
            raise UsageError(f"The contract {self.contract!r} was asked for; there are exact and append.")
        if not _MIN_SEGMENT_S <= self.max_segment_sec <= _MAX_SEGMENT_S:
            raise UsageError(
                f"max_segment_sec is {self.max_segment_sec:g}; "
                f"it is between {_MIN_SEGMENT_S:g} and {_MAX_SEGMENT_S:g}."
            )
        if self.max_queued_partials < 1 or self.max_buffer_sec <= 0:
            raise UsageError("max_queued_partials is at least 1, and max_buffer_sec above 0.")
