"""The work of a stream: frames are judged, segments decoded, events emitted. One thread at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from time import perf_counter
from typing import Final as Fixed

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.streaming.commit.committer import Commit, Committer, Decode
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.counts import Counts
from edge_runtime.streaming.endpoints.best_cut import Frame
from edge_runtime.streaming.endpoints.detector import Detector
from edge_runtime.streaming.endpoints.endpointer import Decision, Endpointer
from edge_runtime.streaming.events import (
    Endpoint,
    EndpointReason,
    Final,
    Partial,
    SpeechStart,
    StreamEvent,
    Words,
)
from edge_runtime.streaming.finals import final_of
from edge_runtime.streaming.flow.clock import ArrivalClock
from edge_runtime.streaming.flow.sample_buffer import SampleBuffer
from edge_runtime.streaming.hop import Hop
from edge_runtime.streaming.live_segment import LiveSegment, OpenSegment
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.vad.timestamps import FRAME_SAMPLES, SAMPLE_RATE

Align = Callable[[Final, Waveform], Words]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a stream works with.

    Attributes:
        open_segment: begins the decoding of a segment.
        decode: tokens → text.
        detector: of speech, of this stream alone.
        max_segment_s: longest segment.
        align: gives the times of a final's words, None where nobody wants them.
    """

    open_segment: OpenSegment
    decode: Decode
    detector: Detector
    max_segment_s: Seconds
    align: Align | None = None


class Processor:
    """Turns samples into events. What it emits depends on the samples alone, not on how they came."""

    def __init__(self, parts: Parts, options: StreamOptions, emit: Callable[[StreamEvent], None]) -> None:
        """Begin a stream; `emit` is called with each event."""
        self._parts: Fixed = parts
        self._options: Fixed = options
        self._emit: Fixed = emit
        self._endpointer: Fixed = Endpointer(options.endpoint, parts.max_segment_s)
        self._hop: Fixed = Hop(options.hop_sec)
        self._buffer: Fixed = SampleBuffer()
        self._clock: Fixed = ArrivalClock()
        self._cancelled: Fixed = Event()
        self._framed = 0
        self._segment: LiveSegment | None = None
        self._shown = ""
        self._language = options.language
        self._put_off = False
        self.counts: Fixed = Counts()

    @property
    def audio_s(self) -> Seconds:
        """Length of the stream."""
        return _seconds(self._buffer.end)

    def add(self, samples: Waveform, arrived_at: float) -> None:
        """Take samples at 16 kHz that arrived at a time of `perf_counter`."""
        self._buffer.append(samples)
        self._clock.arrived(self._buffer.end, arrived_at)

    def run(self, *, merge: bool) -> None:
        """Do what the samples so far ask for.

        Args:
            merge: leave out a step where a newer one is due.
        """
        while self._buffer.end - self._framed >= FRAME_SAMPLES and not self._cancelled.is_set():
            self._judge(self._framed + FRAME_SAMPLES, merge=merge)
            self._buffer.drop(min(self._framed, self._endpointer.keep_from))
            self._clock.forget(self._framed)
        self.apply_cancel()

    def flush(self, *, merge: bool) -> None:
        """End the open segment at the end of the samples so far; `merge` as of `run`."""
        self.run(merge=merge)
        if self._framed < self._buffer.end:
            self._judge(self._buffer.end, merge=False)
        decision = self._endpointer.finish(self._buffer.end)
        if decision is not None:
            self._finish(decision.at, "flush")
        self.apply_cancel()

    def cancel(self) -> None:
        """Ask for the open segment and all samples so far to be dropped; any thread may ask at any time."""
        self._cancelled.set()

    def apply_cancel(self) -> None:
        """Do what `cancel` asked for."""
        if not self._cancelled.is_set():
            return
        if self._segment is not None:
            self._segment.close()
            self._segment = None
            self.counts.cancelled_segments += 1
        self._framed, self._put_off = self._buffer.end, False
        self._endpointer.drop(self._buffer.end)
        self._buffer.drop(self._buffer.end)
        self._cancelled.clear()

    def _judge(self, end: int, *, merge: bool) -> None:
        """Judge the frame up to a sample; the last one of a stream may be shorter."""
        samples = self._buffer.read(self._framed, end)
        power = float(samples @ samples) / len(samples)
        if len(samples) < FRAME_SAMPLES:
            samples = np.pad(samples, (0, FRAME_SAMPLES - len(samples)))
        self._framed = end
        frame = Frame(end, self._parts.detector.probability(samples), power)
        decisions = self._endpointer.add(frame, self._hop.samples)
        more = merge and self._buffer.end - end >= FRAME_SAMPLES
        self._follow(self._merge(decisions, more=more, end=end))

    def _merge(self, decisions: Sequence[Decision], *, more: bool, end: int) -> Sequence[Decision]:
        """Put a step off while newer audio waits, unless another takes its place; make it when none does."""
        is_step = any(each.kind == "step" for each in decisions)
        self.counts.merged_steps += self._put_off and bool(decisions)
        if decisions and not is_step:
            self._put_off = False
            return decisions
        if not is_step and not self._put_off:
            return ()
        self._put_off = more
        return () if more else (Decision("step", end),)

    def _follow(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            if self._cancelled.is_set():
                return
            if decision.kind == "start":
                self._begin(decision.at, self._options.language or self._carried)
            elif decision.kind in ("step", "pause"):
                self._step(decision.at)
            elif decision.kind == "end":
                self._finish(decision.at, "silence")
            else:
                final = self._finish(decision.at, "length")
                self._begin(decision.at, self._options.language or final.language)

    @property
    def _carried(self) -> str | None:
        return self._language if self._options.carry_language else None

    def _begin(self, start: int, language: str | None) -> None:
        committer = Committer(self._options.commit or CommitOptions(), self._parts.decode)
        self._segment = LiveSegment(start, language, self._parts.open_segment, committer)
        self._shown = ""
        self._emit(SpeechStart(start=_seconds(start), audio_s=_seconds(self._framed)))

    def _step(self, until: int) -> None:
        assert self._segment is not None, "a segment is open"
        frozen = until > self._endpointer.cut_from(self._segment.start)
        began = perf_counter()
        commit = self._segment.step(self._buffer, until, frozen=frozen)
        took_s = perf_counter() - began
        self._hop.took(took_s)
        self.counts.step_ms += 1000 * took_s
        if commit is None:
            return
        self.counts.steps += 1
        if commit.stable_added or commit.draft != self._shown:
            self._show(commit, until)

    def _show(self, commit: Commit, until: int) -> None:
        self._shown = commit.draft
        self.counts.partials += 1
        self._emit(
            Partial(
                stable_added=commit.stable_added,
                draft=commit.draft,
                audio_s=_seconds(until),
                lag_ms=self._clock.lag_ms(until),
            )
        )

    def _finish(self, end: int, reason: EndpointReason) -> Final:
        assert self._segment is not None, "a segment is open"
        segment, self._segment = self._segment, None
        self._emit(Endpoint(end=_seconds(end), reason=reason, audio_s=_seconds(self._framed)))
        began = perf_counter()
        transcript = segment.finish(self._buffer, end)
        self.counts.final_ms += 1000 * (perf_counter() - began)
        final = final_of(
            transcript,
            segment.stable,
            self._options.contract,
            start=_seconds(segment.start),
            end=_seconds(end),
            lag_ms=self._clock.lag_ms(self._framed),
        )
        self._language = final.language or self._language
        self.counts.finished(final, segment.stable)
        self._emit(final)
        if self._parts.align is not None and final.text:
            self._emit(self._parts.align(final, self._buffer.read(segment.start, end)))
        return final


def _seconds(samples: int) -> Seconds:
    return samples / SAMPLE_RATE
