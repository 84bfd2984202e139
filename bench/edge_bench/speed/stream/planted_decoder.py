"""A decoder that runs its graph and gives planted tokens.

Random weights say nothing, never end a text, and no draft of theirs is right. With the tokens that a trained
model gave of the same samples, the graph of the true shapes does the work that it would do with true weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_runtime.backends.session import Session
from edge_runtime.bundle.manifest import Limits
from edge_runtime.bundle.specs import DecoderSpec
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput


@dataclass(slots=True)
class Script:
    """The tokens of the next text; whoever decodes a recording sets them before.

    Attributes:
        tokens: the text, its end included; it is repeated where more is asked for.
    """

    tokens: Sequence[ScoredToken] = ()

    def after(self, num_tokens: int, count: int) -> list[ScoredToken]:
        """Return the tokens behind so many of the text."""
        last = len(self.tokens) - 1
        return [self.tokens[min(place, last)] for place in range(num_tokens, num_tokens + count)]


class PlantedDecoder(Decoder):
    """See `Decoder`; every decision is clear, so none is made again by a step alone."""

    def __init__(
        self, script: Script, session: Session, spec: DecoderSpec, limits: Limits, *, min_rows: int = 0
    ) -> None:
        """Take the script, which others may share, and what a `Decoder` takes."""
        super().__init__(session, spec, limits, min_rows=min_rows)
        self._script: Final = script
        self._num_fed = 0
        """Tokens of the text that are in the cache."""

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Run the prompt; return the first token of the script."""
        super().prefill(decoder_input)
        self._num_fed = 0
        return self._script.after(0, 1)[0]

    def resume(
        self, decoder_input: DecoderInput, num_kept: int, draft_ids: Sequence[int] = ()
    ) -> list[ScoredToken]:
        """Run the rest of the prompt and a draft; return the first tokens of the script."""
        scored = super().resume(decoder_input, num_kept, draft_ids)
        self._num_fed = len(draft_ids)
        return self._script.after(0, len(scored))

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        """Run steps; return the next tokens of the script."""
        return self._next(len(super().multi_step(token_id, max_tokens)))

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Run tokens; return those of the script behind each."""
        return self._next(len(super().verify(token_ids)))

    def rewind(self, num_tokens: int) -> None:
        """Remove the last tokens of the sequence."""
        super().rewind(num_tokens)
        self._num_fed -= num_tokens

    def _next(self, count: int) -> list[ScoredToken]:
        tokens = self._script.after(self._num_fed + 1, count)
        self._num_fed += count
        return tokens
