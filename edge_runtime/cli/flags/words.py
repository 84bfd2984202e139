"""Flags that say which words get times."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.alignment.align_options import AlignOptions
from edge_runtime.alignment.word_timestamps import Granularity
from edge_runtime.cli import options
from edge_runtime.cli.delivery import granularity_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFlags:
    """Times of words, and the aligner that finds them."""

    word_timestamps: options.WordTimes = False
    timestamps: options.Timed = None
    aligner: options.AlignerBundle = None
    korean: options.Korean = "dictionary"

    def granularity(self) -> Granularity:
        """Return the smallest unit that gets times; raises as `granularity_of` does."""
        return granularity_of(self.timestamps, word_timestamps=self.word_timestamps)

    def are_timed(self) -> bool:
        """Tell whether words get times whatever the output formats are."""
        return self.granularity() != "segment" or self.aligner is not None

    def align_options(self) -> AlignOptions:
        """Return how words are aligned; raises as `korean_rule` does."""
        return AlignOptions(korean=options.korean_rule(self.korean))
