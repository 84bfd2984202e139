"""A client that sends audio as a microphone does: each packet when its last sample has been spoken."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, sleep
from typing import Protocol

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.vad.timestamps import SAMPLE_RATE


class Fed(Protocol):
    """What takes the packets."""

    def feed(self, samples: Waveform, sample_rate: int = ...) -> None:
        """Take the next samples."""
        ...


@dataclass(slots=True)
class SentPackets:
    """When which samples were sent.

    Attributes:
        started_at: when the first sample was spoken, by `perf_counter`.
        ends: sample behind each packet.
        sent_at: when each was sent, by `perf_counter`.
    """

    started_at: Seconds
    ends: list[int] = field(default_factory=list)
    sent_at: list[Seconds] = field(default_factory=list)

    def arrival(self, sample: int) -> Seconds:
        """Return when the packet with the sample before `sample` was sent."""
        return self.sent_at[min(bisect_left(self.ends, sample), len(self.ends) - 1)]

    def spoken_at(self, at_s: Seconds) -> Seconds:
        """Return when a moment of the recording was, by `perf_counter`."""
        return self.started_at + at_s

    @property
    def latest_s(self) -> Seconds:
        """How late the latest packet was: the stream held the client up, or the machine did."""
        dues = (self.spoken_at(end / SAMPLE_RATE) for end in self.ends)
        return max((sent - due for sent, due in zip(self.sent_at, dues, strict=True)), default=0.0)


def send(
    stream: Fed,
    samples: Waveform,
    packet_s: Seconds,
    *,
    now: Callable[[], Seconds] = perf_counter,
    wait: Callable[[Seconds], object] = sleep,
) -> SentPackets:
    """Send a recording at the speed at which it was spoken.

    The clock is absolute: a packet that is late makes no other late.

    Args:
        stream: takes the packets.
        samples: mono at 16 kHz, shape (num_samples,).
        packet_s: length of a packet.
        now: tells the time.
        wait: waits so many seconds.
    """
    sent = SentPackets(now())
    size = max(1, round(packet_s * SAMPLE_RATE))
    for start in range(0, len(samples), size):
        packet = samples[start : start + size]
        end = start + len(packet)
        wait(max(0.0, sent.spoken_at(end / SAMPLE_RATE) - now()))
        sent.ends.append(end)
        sent.sent_at.append(now())
        stream.feed(packet, SAMPLE_RATE)
    return sent
