"""A recording on its way through the decoder: one piece after the other, each a recording of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import Audio
from edge_runtime.audio.recording import Facts, Recording
from edge_runtime.errors import AudioError, AudioTooLongError
from edge_runtime.recognition.long.survey import LongPlan
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.prompter import Prompter
from edge_runtime.recognition.recording import LoadedRecording
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.vad.energy import Span
from edge_runtime.vad.segmentation import widened

SECOND_LOOK_MARGINS: Final[tuple[Seconds, ...]] = (0.2, 0.35)
"""What a doubtful segment gets around it; with these the error halved on joined clips."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch to decode.

    Attributes:
        span: where it lies in its recording.
        recording: its samples.
        wider: the samples with more around them, for another look; none for a recording that is whole.
        wider_start: where they begin.
        is_whole: it is the recording.
        plan: of a recording that is not whole.
    """

    span: Span
    recording: LoadedRecording
    wider: Waveform | None = None
    wider_start: Seconds = 0.0
    is_whole: bool = False
    plan: LongPlan | None = None


@dataclass(frozen=True, slots=True)
class RecordingEnd:
    """What is known of a recording when its last piece was read.

    Attributes:
        plan: of its pieces.
        stopwatch: runs since it was opened.
    """

    plan: LongPlan
    stopwatch: Stopwatch


@dataclass(frozen=True, slots=True)
class Step:
    """A piece to decode, if any, and how its recording ends where it is the last.

    Attributes:
        piece: to decode.
        end: of the recording, or why it cannot be used.
    """

    piece: Piece | None
    end: RecordingEnd | AudioError | None = None


def steps_of(pieces: Iterator[Piece], end: RecordingEnd) -> Iterator[Step]:
    """Yield the pieces of a recording; the last of its plan brings the end."""
    num_segments = len(end.plan.segments)
    for number, piece in enumerate(pieces, 1):
        yield Step(piece, end if number == num_segments else None)
    if not num_segments:
        yield Step(None, end)


class PieceReader:
    """Reads the pieces of recordings for one request.

    Attributes:
        options: of the request.
    """

    def __init__(self, prompter: Prompter, options: DecodingOptions, sample_rate: int) -> None:
        """Take what knows how many cache rows a piece needs.

        Args:
            prompter: of the bundle.
            options: of the request.
            sample_rate: the model's rate in Hz.
        """
        self._prompter, self.options, self._rate = prompter, options, sample_rate

    def read(self, recording: Recording, plan: LongPlan, stopwatch: Stopwatch) -> Iterator[Piece]:
        """Yield the pieces of a plan; a long recording is read once more for it.

        Args:
            recording: open until the last piece was taken.
            plan: of it.
            stopwatch: has measured the first pass.

        Raises:
            AudioTooLongError: a piece and the context do not fit the bundle.
            AudioError: it cannot be read again.
        """
        if plan.whole is None:
            yield from self._read_again(recording, plan)
        else:
            (span,) = plan.segments
            yield Piece(span, self._loaded(plan.whole, self._facts(plan, span), stopwatch), is_whole=True)

    def another(self, piece: Piece, margin_s: Seconds) -> Piece | None:
        """Return a piece with more around it, None where there is no more or it would not fit."""
        assert piece.wider is not None, "a whole recording has nothing around it"
        audio = piece.recording.audio
        start = max(piece.wider_start, piece.span.start - margin_s)
        end = min(piece.wider_start + len(piece.wider) / self._rate, piece.span.end + margin_s)
        waveform = self._cut(piece.wider, piece.wider_start, Span(start, end))
        if len(waveform) <= len(audio.waveform):
            return None
        facts = Facts(
            0,
            self._rate,
            1.0,
            audio.source_rate,
            audio.source_channels,
            audio.source,
            speech_s=audio.speech_s,
        )
        try:
            loaded = self._loaded(waveform, facts, Stopwatch())
        except AudioTooLongError:
            return None
        return Piece(Span(start, end), loaded)

    def parts(self, piece: Piece) -> tuple[Piece, ...]:
        """Return the stretches that a piece was packed of, as without packing; none of a lone one."""
        plan, wider = piece.plan, piece.wider
        if plan is None or plan.unpacked is None or wider is None:
            return ()
        parts = plan.parts(piece.span)
        return tuple(self._piece(plan.unpacked, at, wider, piece.wider_start, Stopwatch()) for at in parts)

    def _read_again(self, recording: Recording, plan: LongPlan) -> Iterator[Piece]:
        around = [self._around(plan, at) for at in range(len(plan.segments))]
        ranges = [(self._sample(span.start), self._sample(span.end)) for span in around]
        stretches = recording.stretches(plan.facts, ranges)
        for at, wide_span in enumerate(around):
            stopwatch = Stopwatch()
            with stopwatch.stage("decode"):
                wider = next(stretches)
            yield self._piece(plan, at, wider, wide_span.start, stopwatch)

    def _around(self, plan: LongPlan, at: int) -> Span:
        margin_s = max(SECOND_LOOK_MARGINS) if self.options.long.second_look else 0.0
        return widened(plan.segments, at, margin_s, plan.facts.duration_s)

    def _piece(
        self, plan: LongPlan, at: int, samples: Waveform, start_s: Seconds, stopwatch: Stopwatch
    ) -> Piece:
        """Cut a segment and what is around it out of samples that begin at `start_s`."""
        span, wide_span = plan.segments[at], self._around(plan, at)
        waveform, wider = (self._cut(samples, start_s, one) for one in (span, wide_span))
        loaded = self._loaded(waveform, replace(self._facts(plan, span), notices=()), stopwatch)
        return Piece(span, loaded, wider, wide_span.start, plan=plan)

    def _cut(self, samples: Waveform, start_s: Seconds, span: Span) -> Waveform:
        first = self._sample(span.start) - self._sample(start_s)
        return samples[first : first + self._sample(span.end) - self._sample(span.start)]

    def _facts(self, plan: LongPlan, span: Span) -> Facts:
        return replace(plan.facts, speech_s=plan.speech_s(span))

    def _loaded(self, waveform: Waveform, facts: Facts, stopwatch: Stopwatch) -> LoadedRecording:
        audio = Audio(
            waveform,
            self._rate,
            facts.source_rate,
            facts.source_channels,
            facts.source,
            facts.sha256,
            facts.notices,
            facts.speech_s,
        )
        return LoadedRecording(audio, self._prompter.num_cache_rows(len(waveform), self.options), stopwatch)

    def _sample(self, time_s: Seconds) -> int:
        return round(time_s * self._rate)
