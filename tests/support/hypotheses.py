"""Hypotheses of planted tokens: a token is a piece of text, spelt by its own bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from edge_runtime.streaming.hypothesis import Hypothesis

SURE: Final = -0.001
DOUBTFUL: Final = -1.0
_PIECES: Final[dict[bytes, int]] = {}


def decode(token_ids: Sequence[int]) -> str:
    """Return the text of tokens, as a detokenizer does."""
    spelt = {token_id: piece for piece, token_id in _PIECES.items()}
    return b"".join(spelt[token_id] for token_id in token_ids).decode("utf-8", "replace")


def hypothesis(tokens: str | Sequence[str | bytes], language: str | None = "English") -> Hypothesis:
    """Return a hypothesis of tokens; of a text, its words. A `?` behind a token makes it doubtful."""
    pieces = re.findall(r"\s*\S+", tokens) if isinstance(tokens, str) else tokens
    spelt = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
    ids = tuple(_PIECES.setdefault(piece.rstrip(b"?"), len(_PIECES)) for piece in spelt)
    logprobs = tuple(DOUBTFUL if piece.endswith(b"?") else SURE for piece in spelt)
    return Hypothesis(ids, logprobs, decode(ids).strip(), language, complete=True)
