"""A decoder that follows a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput


@dataclass
class ScriptedDecoder:
    """Gives the script's tokens one by one; token i has log-probability -i."""

    script: Sequence[int]
    on_token: Callable[[], None] = lambda: None
    num_steps: int = 1
    stepped: list[int] = field(default_factory=list)
    prefilled: list[DecoderInput] = field(default_factory=list)

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        self.prefilled.append(decoder_input)
        return self._next()

    def step(self, token_id: int) -> ScoredToken:
        self.stepped.append(token_id)
        return self._next()

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        scored = [self.step(token_id)]
        while len(scored) < min(max_tokens, self.num_steps) and len(self.stepped) + 1 < len(self.script):
            scored.append(self.step(scored[-1].token_id))
        return scored

    def _next(self) -> ScoredToken:
        self.on_token()
        index = len(self.stepped)
        return ScoredToken(self.script[index], -float(index))
