"""Words among the added tokens in a text, which BPE does not see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from edge_runtime.text.tokenizer_file import AddedToken


class AddedTokens:
    """Added words, found in text before BPE sees it; the longest wins where two begin."""

    def __init__(self, tokens: Iterable[AddedToken]) -> None:
        listed = sorted(tokens, key=lambda token: len(token.content), reverse=True)
        # Text from outside must not open or close turns, nor the parts of an answer: markers are characters.
        self._ids: Final = {token.content: token.id for token in listed if not token.is_marker}
        contents = [re.escape(token.content) for token in listed if token.content]
        self._expression: Final = re.compile("|".join(contents)) if self._ids else None

    def split(self, text: str) -> Iterator[str | int]:
        """Yield ids of added tokens, and the text before, between and after them."""
        start = 0
        for match in self._expression.finditer(text) if self._expression else ():
            token_id = self._ids.get(match[0])
            if token_id is None:
                continue
            yield text[start : match.start()]
            yield token_id
            start = match.end()
        yield text[start:]
