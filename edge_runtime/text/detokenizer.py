"""From ids back to text: the bytes of every token, as byte-level BPE spells them.

The `tokenizers` library gives the same text. `tokenizer.py` loads what encoding needs beside this: only a
request with text to encode spends that.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from edge_runtime.errors import BundleError
from edge_runtime.opened_file import OpenedFile
from edge_runtime.text.tokenizer_file import BYTE_OF, AddedToken, TokenId, read_tokenizer_file


class _Model(msgspec.Struct):
    vocab: dict[str, TokenId]


class _Decoder(msgspec.Struct):
    type: str


class _File(msgspec.Struct):
    """The fields of a `tokenizer.json` that are read."""

    model: _Model
    decoder: _Decoder
    added_tokens: list[AddedToken] = []


class Detokenizer:
    """The text of token ids."""

    def __init__(self, path: Path | OpenedFile, special_ids: Iterable[int]) -> None:
        """Load the tokens.

        Args:
            path: `tokenizer.json`, or its path.
            special_ids: ids that `decode` leaves out.

        Raises:
            BundleError: the file is no byte-level vocabulary.
        """
        tokens = _read(path)
        # One string and the ends of its tokens: 150,000 objects would take ten times the memory.
        token_bytes = bytearray()
        self._ends: Final = np.zeros(max(tokens, default=-1) + 2, np.int64)
        for token_id in range(len(self._ends) - 1):
            token_bytes += _bytes_of(tokens.get(token_id, ""))
            self._ends[token_id + 1] = len(token_bytes)
        self._bytes: Final = bytes(token_bytes)
        self._special_ids: Final = frozenset(special_ids)

    def decode(self, token_ids: Iterable[int]) -> str:
        """Return the text of ids, special ones left out; bytes that are no UTF-8 become U+FFFD."""
        text_ids = (token_id for token_id in token_ids if token_id not in self._special_ids)
        return b"".join(map(self.bytes_of, text_ids)).decode("utf-8", "replace")

    def bytes_of(self, token_id: int) -> bytes:
        """Return the bytes of an id, special or not."""
        # The model has more rows than there are tokens: an id without one has no text.
        if not 0 <= token_id < len(self._ends) - 1:
            return b""
        return self._bytes[self._ends[token_id] : self._ends[token_id + 1]]


def _read(path: Path | OpenedFile) -> dict[int, str]:
    """Return id → token, spelt as in the file."""
    file = read_tokenizer_file(path, _File)
    if file.decoder.type != "ByteLevel":
        raise BundleError(
            f"{path}: its tokens are spelt as {file.decoder.type!r}, not byte by byte. Rebuild the bundle."
        )
    tokens = {token_id: token for token, token_id in file.model.vocab.items()}
    return tokens | {added.id: added.content for added in file.added_tokens}


def _bytes_of(token: str) -> bytes:
    try:
        return bytes(map(BYTE_OF.__getitem__, token))
    except KeyError:  # an added token, written as it is
        return token.encode("utf-8", "replace")
