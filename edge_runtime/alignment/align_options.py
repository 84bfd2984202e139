"""How a caller wants a text aligned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from edge_runtime.alignment.caption_words import CaptionWords
from edge_runtime.text.spoken import Script
from edge_runtime.text.units import Korean, Reference, split_units


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignOptions:
    """How to align.

    Attributes:
        korean: how Korean words split.
        reference: the upstream to follow where two split text differently; the table is in `units.py`.
        parity: behave exactly as the official aligner: all audio in one pass, silence included, even for a
            text without words; times after the end stay, and no word is flagged as outside speech. All of the
            text is taken as spoken, and nothing is judged.
        all_spoken: every letter of the text is spoken, as where a recognizer wrote it; without this, markup,
            sounds in brackets and names of speakers are kept and not aligned (`text/spoken.py`).
        judge: tell whether the text is what is spoken, and which speech has no text.
    """

    korean: Korean = "dictionary"
    reference: Reference = "qwen_asr"
    parity: bool = False
    all_spoken: bool = False
    judge: bool = True

    def replaced(
        self, *, korean: Korean | None, reference: Reference | None, parity: bool | None
    ) -> AlignOptions:
        """Return the options with what is not None in place of their own."""
        return replace(
            self,
            korean=self.korean if korean is None else korean,
            reference=self.reference if reference is None else reference,
            parity=self.parity if parity is None else parity,
        )

    def split(self, captions: Sequence[str], language: str) -> CaptionWords:
        """Split captions of a language into units."""
        return CaptionWords.of(
            captions,
            Script.verbatim if self.parity else partial(Script.of, all_spoken=self.all_spoken),
            partial(split_units, language=language, korean=self.korean, reference=self.reference),
        )
