"""The stable text of a segment and the draft behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.streaming.commit.agreement import Agreement
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.commit.policy import open_policy
from edge_runtime.streaming.commit.words import UNFINISHED, continuation, is_word_end
from edge_runtime.streaming.hypothesis import Hypothesis

Decode = Callable[[Sequence[int]], str]
"""Tokens → text; bytes that are no whole character become U+FFFD."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What a hypothesis made of the text.

    Attributes:
        stable_added: goes behind the stable text.
        draft: stands behind the stable text for now.
    """

    stable_added: str
    draft: str


class Committer:
    """Keeps the stable text of a segment. It only grows, by whole words.

    Where a hypothesis contradicts it, it gets no longer until the final, or until a hypothesis begins with
    it again.
    """

    def __init__(self, options: CommitOptions, decode: Decode) -> None:
        """Begin a segment.

        Args:
            options: the policy and its figures.
            decode: of the bundle's tokens.
        """
        self._options: Final = options
        self._decode: Final = decode
        self._policy: Final = open_policy(options)
        self._agreement: Final = Agreement()
        self._stable = ""

    @property
    def stable(self) -> str:
        """The stable text."""
        return self._stable

    def add(self, hypothesis: Hypothesis, audio_s: Seconds, *, frozen: bool = False) -> Commit:
        """Take the next hypothesis.

        Args:
            hypothesis: of all of the segment so far.
            audio_s: seconds of the segment that it covers.
            frozen: let nothing become stable.
        """
        agreed = self._agreement.add(hypothesis.token_ids)
        cut = self._whole(hypothesis, self._policy.num_stable(hypothesis, agreed, audio_s))
        added = ""
        if not frozen and hypothesis.text.startswith(self._stable):
            added = hypothesis.text[len(self._stable) : max(cut, len(self._stable))]
            self._stable += added
        shown = hypothesis.text[: self._length(hypothesis, self._num_shown(hypothesis, agreed))]
        return Commit(added, self._behind(hypothesis, shown).rstrip(UNFINISHED))

    def _behind(self, hypothesis: Hypothesis, shown: str) -> str:
        """Return what of the shown text stands behind the stable text."""
        if hypothesis.text.startswith(self._stable):
            return shown[len(self._stable) :]
        return continuation(self._stable, shown)[0]

    def _num_shown(self, hypothesis: Hypothesis, agreed: Sequence[int]) -> int:
        if self._options.shown == "raw":
            return len(hypothesis.token_ids)
        if self._options.shown == "agreed":
            return sum(count > 1 for count in agreed)
        floor = self._options.shown_min_logprob
        return sum(1 for _ in takewhile(lambda each: each >= floor, hypothesis.logprobs))

    def _whole(self, hypothesis: Hypothesis, num_tokens: int) -> int:
        """Return the characters of the most whole words within so many tokens."""
        for count in range(num_tokens, 0, -1):
            length = self._length(hypothesis, count)
            if length and is_word_end(hypothesis.text, length):
                return length
        return 0

    def _length(self, hypothesis: Hypothesis, num_tokens: int) -> int:
        """Return how many characters of the hypothesis's text so many tokens write.

        The text of a hypothesis has no white space around it; that of its tokens may begin with some.
        """
        if num_tokens >= len(hypothesis.token_ids):
            return len(hypothesis.text)
        return len(self._decode(hypothesis.token_ids[:num_tokens]).lstrip().rstrip(UNFINISHED))
