"""Notices a decoder that repeats itself, while it does.

Two rules, each for a few microseconds a token:

* *Cycle*: the latest tokens are at least four equal cycles of 1 to 32 tokens, and at least 24 tokens. People
  say such things too, so this is a suspicion that the caller verifies.
* *Ceiling*: more text than anybody says in the time, whatever its pattern. A cycle in which one token changes
  escapes every exact rule.

Both were measured on 200 honest texts of repeats, spoken at 175 and 300 words a minute, and 300 loops: no
honest text reaches the ceiling, no loop of words escapes it, and no other text of 300 makes a cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from edge_runtime.arrays import Seconds
from edge_runtime.text.syllables import is_unspoken, num_syllables

StopReason = Literal["cycle", "ceiling"]
"""Which rule stopped a text."""

MAX_PERIOD: Final = 32
MIN_REPEATS: Final = 4
MIN_CYCLE_TOKENS: Final = 24
"""With six tokens or more to the cycle, the fourth repeat fills it; shorter ones need more repeats."""

SYLLABLES_PER_S: Final = 10
"""Held-out speech has 3.6 a second and 7.4 at most; the fastest repeats that are long enough stay below."""
_SPARE: Final = 16
"""Syllables, and marks, that need no time: short texts vary most."""
_FRAGMENT: Final = 0.5
"""What a token without a syllable counts as a mark, unless it is one: fast Hindi has 17 tokens a second, many
of them parts of characters."""

_MAX_LOOSE_PERIOD: Final = 64
_MIN_EQUAL: Final = 0.6
"""Share of the tokens of a loop that equal those of the repeat before: one or two of five may change."""


_UNSPOKEN: Final = (1.0, _FRAGMENT)
"""Marks of a token without a syllable."""
_MAX_SYLLABLES: Final = 200


class TokenSyllables:
    """Syllables of the tokens of one bundle, each counted once.

    What is known takes a byte for each token of the vocabulary, so that a process that hears for hours does
    not grow with the words that it meets.
    """

    def __init__(self, text_of: Callable[[int], str]) -> None:
        """Take what gives the text of a token."""
        self._text_of: Final = text_of
        self._known: Final = bytearray()
        """For each token 0 while unknown, 1 or 2 for `_UNSPOKEN`, else 2 more than its syllables."""

    def __call__(self, token_id: int) -> tuple[int, float]:
        """Return the syllables of a token, and as how many marks it counts if it has none."""
        if token_id >= len(self._known):
            self._known.extend(bytes(token_id + 1 - len(self._known)))
        code = self._known[token_id] = self._known[token_id] or self._code(token_id)
        is_spoken = code > len(_UNSPOKEN)
        return (code - len(_UNSPOKEN), 0.0) if is_spoken else (0, _UNSPOKEN[code - 1])

    def _code(self, token_id: int) -> int:
        text = self._text_of(token_id)
        spoken = min(num_syllables(text), _MAX_SYLLABLES)
        return spoken + len(_UNSPOKEN) if spoken else 1 if is_unspoken(text) else 2


@dataclass(frozen=True, slots=True)
class Cycle:
    """Tokens that repeat at the end of a text.

    Attributes:
        start: index of the first token of the first repeat.
        period: tokens of one repeat.
    """

    start: int
    period: int


class LoopGuard:
    """Watches the tokens of one text.

    Attributes:
        cycle: what was repeated, once `push` has returned "cycle".
    """

    def __init__(self, syllables: TokenSyllables, speech_s: Seconds, *, suspects: bool = True) -> None:
        """Start a text.

        Args:
            syllables: of the bundle's tokens.
            speech_s: seconds of speech, or of audio where those are not known.
            suspects: whether a cycle stops the text; the ceiling always does.
        """
        self._syllables: Final = syllables
        self._suspects: Final = suspects
        self._left = self._marks_left = SYLLABLES_PER_S * speech_s + _SPARE
        self._token_ids: Final[list[int]] = []
        self._runs: Final = [0] * (MAX_PERIOD + 1)
        self.cycle: Cycle | None = None

    def push(self, token_id: int) -> StopReason | None:
        """Take the next token; return why the text should stop behind it, or None."""
        spoken, marks = self._syllables(token_id)
        self._left -= spoken
        self._marks_left -= marks
        self._token_ids.append(token_id)
        if self._suspects:
            self.cycle = self._find_cycle(token_id)
            if self.cycle is not None:
                return "cycle"
        return "ceiling" if self._left < 0 or self._marks_left < 0 else None

    def _find_cycle(self, token_id: int) -> Cycle | None:
        """Lengthen the run of each period by the token, or end it; return the shortest cycle that is full."""
        ids, runs, cycle = self._token_ids, self._runs, None
        size = len(ids)
        for period in range(min(MAX_PERIOD, size - 1), 0, -1):
            if ids[-1 - period] != token_id:
                runs[period] = 0
                continue
            runs[period] += 1
            length = runs[period] + period
            if length >= MIN_REPEATS * period and length >= MIN_CYCLE_TOKENS:
                cycle = Cycle(size - length, period)
        return cycle


def repeating_tail(token_ids: Sequence[int]) -> Cycle | None:
    """Return the cycle that a text ends with, also where some of its tokens change; None without one.

    Of all periods it takes the one that reaches back furthest, of equal ones the shortest.
    """
    tails = (_tail(token_ids, period) for period in range(1, _MAX_LOOSE_PERIOD + 1))
    return min((tail for tail in tails if tail), key=lambda tail: (tail.start, tail.period), default=None)


def _tail(token_ids: Sequence[int], period: int) -> Cycle | None:
    size, num_equal, start = len(token_ids), 0, None
    for index in range(size - 1, period - 1, -1):
        is_equal = token_ids[index] == token_ids[index - period]
        num_equal += is_equal
        if is_equal and num_equal >= _MIN_EQUAL * (size - index):
            start = index - period
    if start is None or size - start < (MIN_REPEATS - 1) * period:
        return None
    return Cycle(start, period)
