"""What the decoding of a growing segment of speech says before the segment has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge_runtime.arrays import Waveform
from edge_runtime.results.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The text of all samples so far; a later hypothesis may change any of it.

    Attributes:
        token_ids: of the text, without markers and language.
        logprobs: natural log-probability of each.
        text: the tokens decoded; valid UTF-8, so an unfinished last character is a replacement character.
        language: name of the language that was forced or detected, None where there is none.
        complete: whether the decoder ended the text by itself, not its budget or the loop guard.
    """

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    text: str
    language: str | None
    complete: bool


class SegmentDecoding(Protocol):
    """The decoding of one segment of speech while it grows."""

    def step(self, samples: Waveform) -> Hypothesis | None:
        """Take samples and decode all of the segment so far.

        Args:
            samples: those that came since the last step, shape (num_samples,), at 16 kHz.

        Returns:
            The hypothesis; None while the segment is shorter than half a second.
        """
        ...

    def finish(self) -> Transcript:
        """Return the transcript of the segment, the one that `Recognizer.transcribe` gives of its samples."""
        ...

    def close(self) -> None:
        """Free the memory of the segment. A second call does nothing."""
        ...
