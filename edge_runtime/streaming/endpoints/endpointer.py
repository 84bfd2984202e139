"""Which stretches of a stream are segments, decided frame by frame on the audio clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from edge_runtime.arrays import Seconds
from edge_runtime.streaming.endpoints.best_cut import LOOK_BACK_FRAMES, Frame, best_cut
from edge_runtime.streaming.endpoints.options import EndpointOptions
from edge_runtime.vad.timestamps import FRAME_SAMPLES, SAMPLE_RATE

_FIRST_SPEECH: Final = round(0.7 * SAMPLE_RATE)
"""Speech in the first step of a segment, in samples. Of less the model makes another text, often in another
language, of which nothing is shown."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done behind a frame.

    Attributes:
        kind: `start`: a segment begins at `at`. `step`: decode up to `at`. `pause`: decode up to `at`, where
            the segment ends if nobody goes on. `end`: the segment ends at `at` in silence. `cut`: it ends
            at `at` for its length, and another begins there.
        at: sample of the stream.
    """

    kind: Literal["start", "step", "pause", "end", "cut"]
    at: int


class Endpointer:
    """Begins a segment at speech, and ends it in silence or at its longest.

    A step comes when a hop of speech has followed the one before. Silence adds none: behind it comes the step
    of the pause, or speech goes on.
    """

    def __init__(self, options: EndpointOptions, max_segment_s: Seconds) -> None:
        """Begin in silence.

        Args:
            options: thresholds and durations.
            max_segment_s: longest segment.
        """
        self._options: Final = options
        self._max: Final = int(max_segment_s * SAMPLE_RATE) - _samples(options.end_pad_ms)
        self._recent: Final[deque[Frame]] = deque(maxlen=LOOK_BACK_FRAMES)
        self._start: int | None = None
        self._free = 0
        self._last_speech = 0
        self._num_spoken = self._due = 0
        self._pause: int | None = None

    @property
    def start(self) -> int | None:
        """First sample of the open segment, None where there is none."""
        return self._start

    @property
    def keep_from(self) -> int:
        """Samples before this one are needed no more, as of the last frame."""
        if self._start is not None:
            return self._start
        return max(self._free, (self._recent[-1].end if self._recent else 0) - self._pad)

    def cut_from(self, start: int) -> int:
        """Return the earliest sample at which a segment can be cut for its length.

        What was said up to there is in the segment in any case, so it may become stable.
        """
        return start + self._max - LOOK_BACK_FRAMES * FRAME_SAMPLES

    def add(self, frame: Frame, hop: int) -> list[Decision]:
        """Judge the next frame.

        Args:
            frame: its end, probability and power.
            hop: samples between two steps.
        """
        self._recent.append(frame)
        if self._start is None:
            return self._begin(frame, hop) if frame.probability >= self._options.threshold else []
        if frame.probability >= self._options.neg_threshold:
            self._last_speech, self._pause = frame.end, None
            self._num_spoken += FRAME_SAMPLES
        return self._go_on(frame, hop)

    def finish(self, end: int) -> Decision | None:
        """End the open segment, None where there is none: where its speech has ended, or at a sample."""
        if self._start is None:
            self._free = end
            return None
        return self._close(end if self._pause is None else self._pause)

    def drop(self, end: int) -> None:
        """Forget the open segment and the frames so far; another begins behind a sample at the earliest."""
        self._close(end)
        self._recent.clear()

    @property
    def _pad(self) -> int:
        return _samples(self._options.start_pad_ms)

    def _begin(self, frame: Frame, hop: int) -> list[Decision]:
        self._start = max(self._free, frame.end - FRAME_SAMPLES - self._pad)
        self._last_speech, self._pause = frame.end, None
        self._num_spoken = FRAME_SAMPLES
        self._due = max(hop - self._pad, _FIRST_SPEECH)
        return [Decision("start", self._start)]

    def _go_on(self, frame: Frame, hop: int) -> list[Decision]:
        assert self._start is not None, "a segment is open"
        quiet = frame.end - self._last_speech
        decisions = []
        if self._pause is None and quiet >= _samples(self._options.end_pad_ms):
            self._pause = frame.end
            self._num_spoken, self._due = 0, hop
            decisions.append(Decision("pause", frame.end))
        elif self._num_spoken >= self._due:
            self._num_spoken, self._due = self._num_spoken - self._due, hop
            decisions.append(Decision("step", frame.end))
        if quiet >= _samples(self._options.silence_ms):
            assert self._pause is not None, "a pause comes before the end of speech"
            decisions.append(self._close(self._pause))
        elif frame.end - self._start >= self._max:
            if self._pause is not None:
                decisions.append(self._close(self._pause))
            elif not quiet:  # else wait: with silence carried over, a segment could be nothing but that
                decisions = [self._cut(hop)]
        return decisions

    def _close(self, end: int) -> Decision:
        self._start, self._pause, self._free = None, None, end
        return Decision("end", end)

    def _cut(self, hop: int) -> Decision:
        at = best_cut(tuple(self._recent), self._options.neg_threshold)
        self._start = self._free = at
        self._pause = None
        self._num_spoken, self._due = 0, hop
        return Decision("cut", at)


def _samples(milliseconds: int) -> int:
    return milliseconds * SAMPLE_RATE // 1000
