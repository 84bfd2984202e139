"""The options of a transcription, as the caller gives them and resolved to token ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from edge_runtime.audio.load import Audio
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.decoding.ngram_table import NGramTable, lines_of
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.results.transcript import Transcript
from edge_runtime.text.detokenizer import Detokenizer
from edge_runtime.text.languages import LanguageChoice, find_language, match_language
from edge_runtime.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribeOptions:
    """How to transcribe a recording.

    Attributes:
        language: to force, by any of its names ("English", "en", "en-US", "中文" …); None, "" or "auto" to
            detect it.
        context: background text, such as names and terms that may occur.
        max_new_tokens: token budget of a segment; None makes it proportional to the audio.
        draft_text: sentences of the domain, one a line, as the model would write them. What they have in
            common with a transcript is verified several tokens at a time. The transcript is the same with and
            without them; batches do not use them.
        long: how a recording is divided into segments.
        keep_tokens: segments of the transcript are `TokenSegment`s, with the tokens of their text.
    """

    language: str | None = None
    context: str = ""
    max_new_tokens: int | None = None
    draft_text: str = field(default="", repr=False)
    long: LongOptions = field(default_factory=LongOptions)
    keep_tokens: bool = False

    def replaced(
        self, *, language: str | None, context: str | None, max_new_tokens: int | None
    ) -> TranscribeOptions:
        """Return the options with what is not None in place of their own."""
        return replace(
            self,
            language=self.language if language is None else language,
            context=self.context if context is None else context,
            max_new_tokens=self.max_new_tokens if max_new_tokens is None else max_new_tokens,
        )


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """Decoding options of one request, resolved to token ids.

    Attributes:
        forced_language: the language that the caller chose, if any.
        opening_ids: of the system turn up to the end of the background text; empty without one.
        max_new_tokens: the caller's token budget; None makes it proportional to the audio.
        draft_table: n-grams of the draft text, if there is one.
        long: how a recording is divided into segments.
        keep_tokens: as of `TranscribeOptions`.
    """

    forced_language: LanguageChoice | None
    opening_ids: Sequence[int]
    max_new_tokens: int | None
    draft_table: NGramTable | None = None
    long: LongOptions = field(default_factory=LongOptions)
    keep_tokens: bool = False

    def suited_to(self, audio: Audio) -> DecodingOptions:
        """Return the options for a recording: without language and context where a VAD heard nobody in it.

        Either makes a model write text where nobody speaks.
        """
        return replace(self, forced_language=None, opening_ids=()) if audio.speech_s == 0 else self


class RequestEncoder:
    """Resolves the text of a request to the token ids of one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        """Take the bundle of a recognizer."""
        self._bundle: Final = bundle
        self._prompt: Final = bundle.manifest.require_asr().prompt
        self._languages: Final = bundle.manifest.languages
        self._draft_text = ""
        self._draft_table: NGramTable | None = None

    def resolve(self, options: TranscribeOptions) -> DecodingOptions:
        """Return the options with their text as ids.

        Raises:
            UsageError: an unknown language, or a draft text that is too long.
        """
        return DecodingOptions(
            find_language(options.language, self._languages),
            self._opening_ids(options.context),
            options.max_new_tokens,
            self._table_of(options.draft_text),
            options.long,
            options.keep_tokens,
        )

    def hypothesis_ids(self, options: DecodingOptions, earlier: Transcript | None) -> tuple[int, ...]:
        """Return the tokens of an earlier transcript, nothing if there is none."""
        if earlier is None:
            return ()
        language = match_language(earlier.language or "", self._languages)
        # A forced language is part of the prompt; a detected one is generated.
        prefix_ids = language.force_ids if language and options.forced_language is None else ()
        return (*prefix_ids, *self.encode(earlier.text))

    def _table_of(self, text: str) -> NGramTable | None:
        """Return the n-grams of a draft text; those of the last one are kept."""
        if text != self._draft_text:
            lines = map(self.encode, lines_of(text))
            self._draft_table = NGramTable(lines, self._prompt.text_tag_id)
            self._draft_text = text
        return self._draft_table

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        """Loaded at the first text: few recognizers ever get a context or an earlier transcript."""
        return Tokenizer(self._bundle.file("tokenizer.json"))

    def _opening_ids(self, context: str) -> tuple[int, ...]:
        """Return the ids of the system turn and a context, joined as the references join their texts.

        Not those of each alone: a line break that ends the one and begins the other is one token.
        """
        if not context:
            return ()
        markers, opening = self._opening
        return (*markers, *self.encode(opening + context))

    @cached_property
    def _opening(self) -> tuple[Sequence[int], str]:
        """Markers that begin the prompt, and the text behind them; spelt at the first context."""
        before, special_ids = self._prompt.before_context, self._prompt.special_ids
        num_markers = next(at for at, each in enumerate((*before, -1)) if each not in special_ids)
        spelling = Detokenizer(self._bundle.file("tokenizer.json"), special_ids)
        return before[:num_markers], spelling.decode(before[num_markers:])

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of plain text; raises as `Tokenizer.encode` does."""
        return self._tokenizer.encode(text) if text else ()
