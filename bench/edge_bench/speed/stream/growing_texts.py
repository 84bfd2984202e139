"""The tokens that a trained model gave of a recording while it grew, to plant them elsewhere."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import Final, TypeAlias

from edge_runtime.arrays import Waveform
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.errors import UsageError
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.streaming.hypothesis import Hypothesis
from edge_runtime.vad.timestamps import SAMPLE_RATE

_KNOWN_BY: Final = SAMPLE_RATE // 2
"""First samples by which a segment is known: as many as a segment must have to be decoded."""

Text: TypeAlias = tuple[ScoredToken, ...]
"""Tokens of a text, head and end included."""


class GrowingTexts:
    """Hypotheses by what had been heard."""

    def __init__(self, manifest: Manifest) -> None:
        """Take the manifest of the bundle that hears."""
        self._end, self._heads = _spelling(manifest)
        self._texts: Final[dict[bytes, list[tuple[int, Text]]]] = {}

    def require_alike(self, manifest: Manifest) -> None:
        """Refuse a bundle with another tokenizer.

        Raises:
            UsageError: its tokens are not spelled as those that were heard.
        """
        if _spelling(manifest) != (self._end, self._heads):
            raise UsageError(
                f"--texts-of: {manifest.name} spells tokens differently. Build it from a checkpoint with the "
                f"tokenizer of the bundle whose texts it is to have."
            )

    def add(self, samples: Waveform, hypothesis: Hypothesis, *, is_forced: bool) -> None:
        """Take note of a hypothesis.

        Args:
            samples: of the segment so far, shape (num_samples,).
            hypothesis: of them.
            is_forced: whether its language was forced; the text has no head then.
        """
        head = () if is_forced else self._heads.get(hypothesis.language or "", ())
        text = (*((one, 0.0) for one in head), *zip(hypothesis.token_ids, hypothesis.logprobs, strict=True))
        texts = self._texts.setdefault(_key(samples), [])
        insort(texts, (len(samples), (*(ScoredToken(*one) for one in text), self._end)))

    def of(self, samples: Waveform) -> Text:
        """Return the text of the longest beginning of the samples that was heard; its end alone for none."""
        texts = self._texts.get(_key(samples), [])
        place = bisect_right(texts, len(samples), key=lambda text: text[0])
        return texts[place - 1][1] if place else (self._end,)


def _spelling(manifest: Manifest) -> tuple[ScoredToken, dict[str, tuple[int, ...]]]:
    """Return the end of a text, and how one in each language begins."""
    end_id = manifest.require_asr().prompt.eos_ids[0]
    return ScoredToken(end_id, 0.0), {each.name: tuple(each.force_ids) for each in manifest.languages}


def _key(samples: Waveform) -> bytes:
    return samples[:_KNOWN_BY].tobytes()
