"""What a stream did and said of each segment, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edge_bench.speed.stream.paced_client import SentPackets
from edge_bench.speed.stream.passes import Pass
from edge_runtime.arrays import Seconds
from edge_runtime.streaming.events import Endpoint, Final, Partial, SpeechStart, StreamEvent
from edge_runtime.vad.timestamps import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Happening:
    """A pass or an event of a stream.

    Attributes:
        at: when it ended or came, by `perf_counter`.
        what: it.
    """

    at: Seconds
    what: Pass | StreamEvent


@dataclass(slots=True)
class SpokenSegment:
    """A segment from its beginning to its final; times by `perf_counter`."""

    start: SpeechStart
    passes: list[Pass] = field(default_factory=list)
    partials: list[tuple[Seconds, Partial]] = field(default_factory=list)
    endpoint: Endpoint | None = None
    final: Final | None = None
    final_at: Seconds = 0.0

    @property
    def ended_in_silence(self) -> bool:
        """Whether the speaker paused: only then there is a time at which speech ended."""
        return self.endpoint is not None and self.endpoint.reason == "silence" and self.final is not None

    @property
    def duration_s(self) -> Seconds:
        """Length of the segment."""
        assert self.final is not None, "the segment has ended"
        return self.final.end - self.final.start

    def final_after_s(self, sent: SentPackets, end_pad_s: Seconds) -> Seconds:
        """Return the time from the end of speech to the final, the silence in it included.

        Args:
            sent: packets of the stream.
            end_pad_s: silence behind the speech that belongs to the segment.
        """
        assert self.final is not None, "the segment has ended"
        return self.final_at - sent.spoken_at(self.final.end - end_pad_s)

    def final_work_s(self, sent: SentPackets) -> Seconds:
        """Return the part of that time in which nobody waited for silence to go on.

        The last pass runs from the arrival of the segment's last sample, and the final is made from the
        arrival of the audio at which the end was noticed. What the first of the two takes behind the second
        arrival counts once.
        """
        assert self.final is not None, "the segment has ended"
        assert self.endpoint is not None, "a final comes behind an endpoint"
        noticed_at = sent.arrival(round(self.endpoint.audio_s * SAMPLE_RATE))
        arrived_at = sent.arrival(round(self.final.end * SAMPLE_RATE))
        last = next((one for one in self.passes if one.num_samples == self.passes[-1].num_samples), None)
        early_s = 0.0
        if last is not None and last.began_at < noticed_at:
            early_s = max(0.0, min(last.ended_at, noticed_at) - arrived_at)
        return early_s + self.final_at - noticed_at

    def final_passes_s(self) -> Seconds:
        """Return the time in passes over all samples of the segment: the last step, and the final."""
        num_samples = self.passes[-1].num_samples
        return sum(one.took_s for one in self.passes if one.num_samples == num_samples)


def segments_of(happenings: Sequence[Happening]) -> list[SpokenSegment]:
    """Sort passes and events, in order, into segments; those without a final are left out."""
    segments: list[SpokenSegment] = []
    for one in happenings:
        if isinstance(one.what, SpeechStart):
            segments.append(SpokenSegment(one.what))
        elif segments:
            _add(segments[-1], one)
    return [segment for segment in segments if segment.final is not None]


def _add(segment: SpokenSegment, one: Happening) -> None:
    if isinstance(one.what, Pass):
        segment.passes.append(one.what)
    elif isinstance(one.what, Partial):
        segment.partials.append((one.at, one.what))
    elif isinstance(one.what, Endpoint):
        segment.endpoint = one.what
    elif isinstance(one.what, Final):
        segment.final, segment.final_at = one.what, one.at
