"""A decoder that writes a given text: what drafts save on texts that no recording is there for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput


class TextDecoder:
    """Gives the tokens of a text, and its end, whatever is proposed. It is never in doubt."""

    max_verified_tokens: Final = sys.maxsize

    def __init__(self, token_ids: Sequence[int], eos_id: int) -> None:
        """Take the text."""
        self._token_ids: Final = (*token_ids, eos_id)
        self._length = 0

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Return the first token; the prompt has no part in it."""
        del decoder_input
        self._length = 0
        return ScoredToken(self._token_ids[0], 0.0)

    def step(self, token_id: int) -> ScoredToken:
        """Return the next token."""
        return self.verify((token_id,))[0]

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        """Return the next token."""
        del max_tokens
        return self.verify((token_id,))

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Return the token after each, those of the text if the ones before it were."""
        start = self._length + 1
        self._length += len(token_ids)
        ends = (min(at, len(self._token_ids) - 1) for at in range(start, start + len(token_ids)))
        return [ScoredToken(self._token_ids[end], 0.0) for end in ends]

    def rewind(self, num_tokens: int) -> None:
        """Remove the last tokens."""
        self._length -= num_tokens
