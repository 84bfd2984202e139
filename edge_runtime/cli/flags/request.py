"""Flags that say what is requested of the model."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.cli import options
from edge_runtime.cli.inputs.text_source import context_of, read_file
from edge_runtime.recognition.options import TranscribeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFlags:
    """Language, context, token budget and draft text of every recording."""

    language: options.Language = "auto"
    context: options.Context = None
    max_new_tokens: options.TokenBudget = None
    draft_text: options.DraftText = None

    def transcribe_options(self) -> TranscribeOptions:
        """Return the request; raises as `context_of` and `read_file` do."""
        language = self.language.strip() or "auto"
        return TranscribeOptions(
            language=language,
            context=context_of(self.context),
            max_new_tokens=self.max_new_tokens,
            draft_text=read_file(self.draft_text, "--draft-text"),
        )
