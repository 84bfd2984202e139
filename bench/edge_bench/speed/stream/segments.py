"""Segments that note what they heard, and segments that say what was noted."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_bench.speed.stream.growing_texts import GrowingTexts
from edge_bench.speed.stream.planted_decoder import Script
from edge_runtime.arrays import Waveform
from edge_runtime.results.transcript import Transcript
from edge_runtime.streaming.hypothesis import Hypothesis, SegmentDecoding


class HearingSegment:
    """A segment whose hypotheses are noted; see `SegmentDecoding`."""

    def __init__(self, decoding: SegmentDecoding, texts: GrowingTexts, *, is_forced: bool) -> None:
        """Take the segment, where its hypotheses go, and whether its language is forced."""
        self._decoding: Final = decoding
        self._is_forced: Final = is_forced
        self._texts: Final = texts
        self._samples: Waveform = np.zeros(0, np.float32)

    def step(self, samples: Waveform) -> Hypothesis | None:
        """Take samples and decode all so far."""
        self._samples = np.concatenate([self._samples, samples])
        hypothesis = self._decoding.step(samples)
        if hypothesis is not None:
            self._texts.add(self._samples, hypothesis, is_forced=self._is_forced)
        return hypothesis

    def finish(self) -> Transcript:
        """Return the transcript."""
        return self._decoding.finish()

    def close(self) -> None:
        """Free the memory of the segment."""
        self._decoding.close()


class PlantedSegment:
    """A segment whose texts are those that were heard; see `SegmentDecoding`."""

    def __init__(self, decoding: SegmentDecoding, texts: GrowingTexts, script: Script) -> None:
        """Take the segment, the texts, and the script of its decoder."""
        self._decoding: Final = decoding
        self._texts: Final = texts
        self._script: Final = script
        self._samples: Waveform = np.zeros(0, np.float32)

    def step(self, samples: Waveform) -> Hypothesis | None:
        """Take samples and decode all so far."""
        self._samples = np.concatenate([self._samples, samples])
        self._script.tokens = self._texts.of(self._samples)
        return self._decoding.step(samples)

    def finish(self) -> Transcript:
        """Return the transcript."""
        self._script.tokens = self._texts.of(self._samples)
        return self._decoding.finish()

    def close(self) -> None:
        """Free the memory of the segment."""
        self._decoding.close()
