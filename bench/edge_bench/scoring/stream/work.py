"""What streaming computes, beside the official scheme, which begins anew every two seconds.

The official scheme is that of `qwen_asr` 0.0.6: every 2 s, all audio so far is encoded and prefilled again,
and behind it the text so far but for its last five tokens. It is computed here, not run, on the text that is
spoken, in even speed. Of both, the text behind the audio counts: there it is a prefix that nothing checks,
here a draft that is verified. What a server's cache saves of it is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.recognition.segment_graphs import SegmentWork

_CHUNK_S: Final[Seconds] = 2.0
_FRAMES_A_SECOND: Final = 100
_AUDIO_TOKENS_A_SECOND: Final = 13
_PROMPT_TOKENS: Final = 15
"""Of a prompt without audio and context."""
_UNFIXED_TOKENS: Final = 5
"""Of the text so far, that are decoded again."""


@dataclass(frozen=True, slots=True)
class Work:
    """Work of a stream.

    Attributes:
        frames: mel frames that were encoded.
        tokens: of first passes, those of drafts included.
    """

    frames: float = 0.0
    tokens: float = 0.0

    @classmethod
    def of(cls, done: SegmentWork) -> Work:
        """Take the counts of segments."""
        return cls(done.encoded_frames, done.prefill_tokens + done.draft_tokens)

    @property
    def smaller(self) -> float:
        """The smaller of both, of a ratio."""
        return min(self.frames, self.tokens)

    def __add__(self, other: Work) -> Work:
        return Work(self.frames + other.frames, self.tokens + other.tokens)

    def __sub__(self, other: Work) -> Work:
        return Work(self.frames - other.frames, self.tokens - other.tokens)

    def __truediv__(self, parts: float) -> Work:
        return Work(self.frames / parts, self.tokens / parts)

    def ratio(self, ours: Work) -> Work:
        """Return how many times ours this is."""
        return Work(self.frames / max(1, ours.frames), self.tokens / max(1, ours.tokens))


def official_work(duration_s: Seconds, text_tokens_a_second: float) -> Work:
    """Return the work of the official scheme on a stream of such a length, from its beginning."""
    lengths_s = [chunk * _CHUNK_S for chunk in range(1, int(duration_s / _CHUNK_S) + 1)]
    frames = sum(_FRAMES_A_SECOND * one for one in lengths_s)
    texts = (max(0.0, text_tokens_a_second * one - _UNFIXED_TOKENS) for one in lengths_s)
    return Work(frames, sum(_PROMPT_TOKENS + _AUDIO_TOKENS_A_SECOND * one for one in lengths_s) + sum(texts))
