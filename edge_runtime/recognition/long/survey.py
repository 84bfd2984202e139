"""The first pass over a recording: where speech is, how loud it is, and the whole if it is short."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from edge_runtime.arrays import Array, Seconds, Waveform
from edge_runtime.audio.mixdown import too_long
from edge_runtime.audio.recording import Facts, Recording
from edge_runtime.audio.waveform import divide_peak
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.vad.energy import FRAME_S, FrameLevels, Span, loud_spans
from edge_runtime.vad.frame_energy import FrameEnergy
from edge_runtime.vad.low_energy import LowEnergySplitter
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.segmentation import SegmentOptions, plan_segments
from edge_runtime.vad.timestamps import speech_timestamps

_MIN_UNCOVERED_S: Final[Seconds] = 0.3
"""Shorter sounds without speech are clicks and breaths, of which nobody wants to read."""


class VoiceStream(Protocol):
    """Hears one recording."""

    def feed(self, samples: Waveform) -> None:
        """Take mono samples at 16 kHz."""
        ...

    def finish(self) -> Array:
        """Return the probability of speech in each 512 samples."""
        ...


class VoiceDetector(Protocol):
    """A voice activity detector."""

    def stream(self) -> VoiceStream:
        """Begin a recording."""
        ...


class Survey:
    """Takes the blocks of a recording, and keeps little of them."""

    def __init__(
        self,
        sample_rate: int,
        voice: VoiceStream | None,
        keep_samples: int,
        splitter: LowEnergySplitter | None = None,
    ) -> None:
        """Begin a recording.

        Args:
            sample_rate: of the blocks in Hz.
            voice: hears them too; None where no detector is asked.
            keep_samples: the samples of a recording of at most so many are kept.
            splitter: divides it; None where it is planned from energy and speech.
        """
        self._splitter: Final = splitter
        self._energy: Final = FrameEnergy(sample_rate)
        self._voice = voice
        self._num_left = keep_samples
        self._kept: list[Waveform] | None = []

    def add(self, block: Waveform) -> None:
        """Take a block."""
        self._energy.feed(block)
        if self._voice is not None:
            self._voice.feed(block)
        if self._splitter is not None:
            self._splitter.feed(block)
        self._num_left -= len(block)
        if self._num_left < 0:
            self._kept = None
        elif self._kept is not None:
            self._kept.append(block)

    def whole(self, peak: float) -> Waveform | None:
        """Return the recording limited by its peak, None where it was longer than what is kept."""
        return None if self._kept is None else divide_peak(np.concatenate(self._kept), peak)

    def powers(self) -> FrameLevels:
        """Return the powers of all frames; call it once, behind the last block."""
        return self._energy.finish()

    def speech(self, num_samples: int, options: VadOptions) -> tuple[Span, ...] | None:
        """Return where speech is, None without a detector; call it once, behind the last block."""
        voice, self._voice = self._voice, None  # what it has kept is needed no more
        return None if voice is None else speech_timestamps(voice.finish(), num_samples, options)

    def split(self) -> tuple[Span, ...] | None:
        """Return the segments of the splitter, None without one; call it once, behind the last block."""
        return None if self._splitter is None else self._splitter.finish()


@dataclass(frozen=True, slots=True)
class LongPlan:
    """What is to be done with a recording.

    Attributes:
        facts: of the recording.
        segments: to transcribe, in order.
        uncovered: loud enough for speech, but the detector hears none there.
        whole: the samples of a recording that is one segment, None for one that is read again.
        speech: where it hears some, None without a detector.
        unpacked: the plan without packing, None where nothing is packed.
        loud: where it is loud enough for speech.
    """

    facts: Facts
    segments: tuple[Span, ...]
    uncovered: tuple[Span, ...] = ()
    whole: Waveform | None = None
    speech: tuple[Span, ...] | None = None
    unpacked: LongPlan | None = None
    loud: tuple[Span, ...] = ()

    @property
    def spoken(self) -> tuple[Span, ...]:
        """Where somebody speaks: as the detector hears it, or else as far as energy tells."""
        return self.loud if self.speech is None else self.speech

    def speech_s(self, span: Span) -> Seconds | None:
        """Return the seconds of speech in a stretch, None where nobody looked."""
        if self.speech is None:
            return self.facts.speech_s
        return sum(max(0.0, min(one.end, span.end) - max(one.start, span.start)) for one in self.speech)

    def parts(self, segment: Span) -> range:
        """Return which segments of `unpacked` a segment was packed of; none where it is one of them."""
        spans = self.unpacked.segments if self.unpacked else ()
        first, end = (
            bisect_left(spans, at, key=lambda one: one.start) for at in (segment.start, segment.end)
        )
        return range(first, end) if end - first > 1 else range(0)

    def left_out(self, decoded: Collection[Span]) -> tuple[Span, ...]:
        """Return the sounds that are not decoded: `uncovered`, and pauses of segments decoded in parts."""
        if self.unpacked is None:
            return self.uncovered
        return tuple(
            one
            for one in self.unpacked.uncovered
            if not any(span.start <= one.start and one.end <= span.end for span in decoded)
        )


def survey_recording(
    recording: Recording,
    sample_rate: int,
    detector: VoiceDetector | None,
    options: LongOptions,
    keep_s: Seconds,
) -> LongPlan:
    """Read a recording and plan its segments; raises as `Recording.scan`.

    Args:
        recording: opened.
        sample_rate: the model's rate in Hz.
        detector: of speech; None where there is none.
        options: how to divide it.
        keep_s: longest segment that fits; a recording that is not longer is one.

    Raises:
        AudioTooLongError: it is longer, and is not to be divided.
    """
    low_energy = options.segments.low_energy
    used = detector if options.use_vad and not (options.has_clips or low_energy) else None
    keep_samples = -1 if options.has_clips else round(keep_s * sample_rate)

    def new_survey() -> Survey:
        splitter = LowEnergySplitter(sample_rate, keep_s) if low_energy else None
        return Survey(sample_rate, used.stream() if used else None, keep_samples, splitter)

    survey, facts = recording.scan(new_survey)
    if not (options.segments.segment_sec or options.has_clips) and facts.duration_s > keep_s:
        raise too_long(facts.source or "The audio", facts.duration_s, keep_s)
    powers, speech = survey.powers(), survey.speech(facts.num_samples, options.vad)
    whole, loud = survey.whole(facts.peak), _loud(powers, facts)
    if whole is not None:
        return LongPlan(facts, (Span(0.0, facts.duration_s),), whole=whole, speech=speech, loud=loud)
    limits = replace(options.segments, segment_sec=keep_s if options.segments.segment_sec else 0.0)

    def plan(limits: SegmentOptions, unpacked: LongPlan | None = None) -> LongPlan:
        segments = survey.split() or plan_segments(speech, options.clips(facts.duration_s), powers, limits)
        uncovered = () if speech is None else tuple(without(loud, segments))
        return LongPlan(facts, segments, uncovered, speech=speech, unpacked=unpacked, loud=loud)

    return plan(limits, plan(replace(limits, pack=False)) if limits.pack else None)


def without(spans: Sequence[Span], covered: Sequence[Span]) -> Iterator[Span]:
    """Yield what of some spans lies outside others, but for bits that are too short for a word."""
    for span in spans:
        start = span.start
        for other in (one for one in covered if one.end > span.start and one.start < span.end):
            if other.start - start >= _MIN_UNCOVERED_S:
                yield Span(start, other.start)
            start = max(start, other.end)
        if span.end - start >= _MIN_UNCOVERED_S:
            yield Span(start, span.end)


def _loud(powers: FrameLevels, facts: Facts) -> tuple[Span, ...]:
    return loud_spans(powers, FRAME_S, facts.duration_s)
