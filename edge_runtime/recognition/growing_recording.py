"""A recording that is decoded while it grows, for any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.bundle.specs import FeatureSpec
from edge_runtime.decoding.generate import Generation
from edge_runtime.errors import AudioError, UsageError
from edge_runtime.recognition.answers.answer import AnswerReader
from edge_runtime.recognition.growing_voice import GrowingVoice
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.segment_graphs import SegmentGraphs, SegmentWork
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.transcript import Transcript
from edge_runtime.stopwatch import Stopwatch

Exclusive = Callable[[], AbstractContextManager[Transcriber]]
"""Holds the graphs of a recognizer for a while."""


class GrowingRecording:
    """Made by `Recognizer.open_segment`. Several may grow side by side: their calls queue for the graphs.

    One thread at a time calls the methods of one recording. It keeps the graphs of a closed recognizer in
    memory until it is closed or dropped.
    """

    def __init__(
        self,
        segment: SegmentGraphs,
        features: FeatureSpec,
        reader: AnswerReader,
        exclusive: Exclusive,
        transcribe: Callable[[Waveform, SegmentGraphs | None], Transcript],
        voice: GrowingVoice | None = None,
    ) -> None:
        """Begin without samples.

        Args:
            segment: its state.
            features: of the bundle.
            reader: spells tokens.
            exclusive: of the recognizer.
            transcribe: of the recognizer; takes the samples, and the state if it is of the same samples.
            voice: hears the samples as they come, so that `finish` need not; None where no detector is asked.
        """
        self._segment: SegmentGraphs | None = segment
        self._min_samples: Final = features.min_samples
        self._reader: Final = reader
        self._exclusive: Final = exclusive
        self._transcribe: Final = transcribe
        self._voice: Final = voice
        self._chunks: Final[list[Waveform]] = []
        self._num_samples = 0
        self._is_within_scale = True
        self.work = SegmentWork()
        """Done so far."""

    @property
    def options(self) -> DecodingOptions:
        """Of the request."""
        return self._open().options

    @property
    def longest_s(self) -> Seconds:
        """Length up to which there is room; beyond it a step begins anew in a larger cache, or is refused."""
        return self._open().longest_s

    def text_of(self, token_ids: Sequence[int]) -> str:
        """Return the text of tokens as it is; what is no UTF-8 becomes replacement characters."""
        return self._reader.text_of(token_ids)

    def extend(self, samples: Waveform) -> Generation | None:
        """Take the next samples and decode all so far, which costs little beyond what is new.

        Args:
            samples: floats in [-1, 1] at the bundle's rate, shape (num_samples,); they may be none.

        Returns:
            The hypothesis, None below `FeatureSpec.min_samples`.

        Raises:
            UsageError: the samples have another shape, or this recording or its recognizer was closed.
            AudioError: samples are NaN or infinite.
            AudioTooLongError: there is no room for so long a recording.
        """
        segment = self._open()
        self._take(np.asarray(samples, np.float32), segment)
        if self._num_samples < self._min_samples:
            return None
        with self._exclusive() as graphs:
            stopwatch = Stopwatch()
            generation = graphs.decode_segment(segment, stopwatch)
            stopwatch.stop()
        self.work = segment.work
        return generation

    def finish(self) -> Transcript:
        """Return the transcript of all samples, equal to that of `Recognizer.transcribe`.

        What the last `extend` has decoded is not decoded again. The recording may grow on.

        Raises:
            AudioError: there are no samples.
            UsageError: as for `extend`.
        """
        segment = self._open()
        waveform = np.concatenate([np.zeros(0, np.float32), *self._chunks])
        # Shorter recordings are padded, and louder ones are divided by their peak, which is known only now.
        is_same = self._num_samples >= self._min_samples and self._is_within_scale
        transcript = self._transcribe(waveform, segment if is_same else None)
        self.work = segment.work
        return transcript

    def close(self) -> None:
        """Give its cache to the next recording. A second call does nothing."""
        segment, self._segment = self._segment, None
        if segment is None:
            return
        self._chunks.clear()
        try:
            with self._exclusive() as graphs:
                graphs.close_segment(segment)
        except UsageError:  # the recognizer was closed: nobody needs the cache
            return

    def _take(self, samples: Waveform, segment: SegmentGraphs) -> None:
        if samples.ndim != 1:
            raise UsageError(f"Samples of shape {samples.shape} were given; they are mono: (num_samples,).")
        if not np.isfinite(samples).all():
            raise AudioError("Some samples are NaN or infinite. Check what records or converts them.")
        if not samples.size:
            return
        self._chunks.append(samples.copy())
        self._num_samples += samples.size
        self._is_within_scale &= bool(np.abs(samples).max() <= 1)
        segment.push(samples)
        if self._voice is not None:
            self._voice.hear(samples)

    def _open(self) -> SegmentGraphs:
        if self._segment is None:
            raise UsageError("This recording was closed. Open another with Recognizer.open_segment.")
        return self._segment
