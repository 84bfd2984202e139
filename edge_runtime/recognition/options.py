"""The words of a request, as the ids that the model reads."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from edge_runtime.bundle.bundle import Bundle
from edge_runtime.decoding.drafts import Draft, FirstDraft, HypothesisDraft, NGramDraft
from edge_runtime.recognition.preparer import Question
from edge_runtime.results.transcript import Transcript
from edge_runtime.text.languages import find_language, match_language
from edge_runtime.text.tokenizer import Tokenizer


class Wording:
    """What a caller says in words, in the ids of one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle: Final = bundle
        self._languages: Final = bundle.manifest.languages

    def question(self, language: str | None, context: str, max_new_tokens: int | None) -> Question:
        """Return what is asked of recordings; arguments as of `TranscribeOptions`.

        Raises:
            UsageError: an unknown language.
        """
        return Question(find_language(language, self._languages), self._ids(context), max_new_tokens)

    def draft(self, question: Question, earlier: Transcript | None) -> Draft:
        """Return guesses of an answer: what the context says, and before that what an earlier answer said."""
        quoted = NGramDraft(question.context_ids)
        if earlier is None:
            return quoted
        language = match_language(earlier.language or "", self._languages)
        # A language that is forced stands in the prompt, one that is detected is generated.
        spoken = language.force_ids if language and question.forced is None else ()
        return FirstDraft((HypothesisDraft((*spoken, *self._ids(earlier.text))), quoted))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        """Loaded when a text is given for the first time: few recognisers ever get one."""
        return Tokenizer(self._bundle.path("tokenizer.json"))

    def _ids(self, text: str) -> tuple[int, ...]:
        return self._tokenizer.encode(text) if text else ()
