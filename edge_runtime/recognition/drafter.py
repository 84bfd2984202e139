"""The drafts of a recording: from the request, and from how the last answer began."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.bundle.manifest import Manifest
from edge_runtime.decoding.drafts import (
    Draft,
    FallbackDraft,
    HeadDraft,
    HypothesisDraft,
    NGramDraft,
    TextDraft,
)
from edge_runtime.recognition.options import DecodingOptions


class Drafter:
    """Makes the drafts of one recognizer's recordings. None of them changes a token."""

    def __init__(self, manifest: Manifest) -> None:
        """Take the manifest of a bundle that transcribes."""
        self._text_tag_id: Final = manifest.require_asr().prompt.text_tag_id
        self._heads: Final = [language.force_ids for language in manifest.languages]
        self._last_head: Sequence[int] = ()

    def draft(self, options: DecodingOptions, hypothesis_ids: Sequence[int] = ()) -> Draft:
        """Return a draft for one recording.

        Args:
            options: those of the request.
            hypothesis_ids: tokens of an earlier transcript of the recording, if there is one.
        """
        forced = options.forced_language
        drafts: list[Draft] = [HypothesisDraft(hypothesis_ids)] if hypothesis_ids else []
        if forced is None:
            drafts.append(HeadDraft(self._heads, self._last_head))
        drafts.append(NGramDraft(options.opening_ids))
        if options.draft_table is not None:
            drafts.append(TextDraft(options.draft_table, forced.language.force_ids if forced else ()))
        return FallbackDraft(drafts)

    def learn(self, token_ids: Sequence[int]) -> None:
        """Remember how an answer began: `language NAME<asr_text>`. The next one often begins alike."""
        if self._text_tag_id in token_ids:
            self._last_head = token_ids[: token_ids.index(self._text_tag_id) + 1]
