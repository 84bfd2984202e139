"""The scores of streams, and what each means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from edge_bench.corpus import UnitSpan
from edge_bench.scoring.mixed_units import mixed_units
from edge_bench.scoring.stream.latency import commit_latencies, first_text_latencies
from edge_bench.scoring.stream.log import SegmentLog
from edge_bench.scoring.stream.text import TextCounts, count_text, live_text
from edge_bench.scoring.wer import count_errors
from edge_runtime.arrays import Seconds

DEFINITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exact": "percent of segments whose final text is, to the letter, that of `run` on their samples",
        "live_gap": "errors in a hundred words of the stable text and how the final goes on from it, minus "
        "those of the final; against the reference",
        "taken_back": "percent of stable words that the final contradicts: fewest edits that make the "
        "stable text a beginning of the final",
        "rewrite": "characters that were taken away again over those that were shown, the final included",
        "commit_p50_s": "median seconds from a word's end to its being stable, on the clock of the audio; of "
        "words that the final has right",
        "commit_p95_s": "the same, of which 5 percent of the words take longer",
        "first_p50_s": "median seconds from the notice of speech to the first text that is shown",
        "steps_saved": "percent of the tokens of all hypotheses that needed no decoder call of their own",
        "less_pauses": "times more that the official scheme computes from second 50 to 60 of speech with "
        "pauses: the smaller of encoded mel frames and first-pass tokens, which are those of prompts that no "
        "cache has, and of the text behind them in the same call: drafts here, the fixed text there",
        "less_continuous": "the same of speech without pauses",
        "less_continuous_1s": "the same with a hypothesis every second",
        "minute10": "processor time of a step in minute 10 over that in minute 1, of speech without pauses",
    }
)
"""What the scores mean. An ideograph counts as a word; case and marks are no errors."""


@dataclass(slots=True)
class StreamScores:
    """Pools recordings.

    Attributes:
        segments: number of segments that were compared with offline decoding.
        equal: of these, those with the same text.
        text: what live text took back.
        latencies: of words, see `commit_latencies`.
        firsts: of first texts, see `first_text_latencies`.
        live: (reference, live text) in words.
        final: (reference, finals) in words.
    """

    segments: int = 0
    equal: int = 0
    text: TextCounts = field(default_factory=TextCounts)
    latencies: list[Seconds] = field(default_factory=list)
    firsts: list[Seconds] = field(default_factory=list)
    live: list[tuple[list[str], list[str]]] = field(default_factory=list)
    final: list[tuple[list[str], list[str]]] = field(default_factory=list)

    def add(self, segments: Sequence[SegmentLog], reference: str, spoken: Sequence[UnitSpan]) -> None:
        """Add a recording.

        Args:
            segments: what the stream said of it.
            reference: what is spoken.
            spoken: the same, word by word with times.
        """
        self.text = sum(map(count_text, segments), self.text)
        self.latencies += commit_latencies(segments, spoken)
        self.firsts += first_text_latencies(segments)
        words = mixed_units(reference)
        self.live.append((words, mixed_units(" ".join(map(live_text, segments)))))
        self.final.append((words, mixed_units(" ".join(one.final.text for one in segments))))

    def compare(self, final: str, offline: str) -> None:
        """Add a segment whose samples were also decoded at once."""
        self.segments += 1
        self.equal += final == offline

    def figures(self) -> dict[str, float]:
        """Return the scores by name; those without anything to score are left out."""
        figures: dict[str, float] = {}
        if self.segments:
            figures["exact"] = 100 * self.equal / self.segments
        if any(words for words, _ in self.final):
            figures["live_gap"] = 100 * (count_errors(self.live).rate - count_errors(self.final).rate)
        figures["taken_back"] = 100 * self.text.taken_back / max(1, self.text.stable)
        figures["rewrite"] = self.text.removed / max(1, self.text.shown)
        if self.latencies:
            p50, p95 = np.percentile(self.latencies, [50, 95])
            figures |= {"commit_p50_s": float(p50), "commit_p95_s": float(p95)}
        if self.firsts:
            figures["first_p50_s"] = float(np.median(self.firsts))
        return figures
