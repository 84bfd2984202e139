"""From ids back to text: the bytes of every token, as byte-level BPE spells them.

The `tokenizers` library gives the same text. It takes 80 MB and half a second to load, which only a request
with text to encode needs to spend.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from edge_runtime.errors import BundleError

_PRINTABLE: Final = frozenset((*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)))
"""Bytes that stand for themselves; the others take the characters from U+0100 on, in order."""
_BYTE_OF: Final = {chr(byte): byte for byte in _PRINTABLE} | {
    chr(0x100 + index): byte for index, byte in enumerate(sorted(set(range(256)) - _PRINTABLE))
}


class _Model(msgspec.Struct):
    vocab: dict[str, int]


class _Added(msgspec.Struct):
    id: int
    content: str


class _Decoder(msgspec.Struct):
    type: str


class _File(msgspec.Struct):
    """The fields of a `tokenizer.json` that are read."""

    model: _Model
    decoder: _Decoder
    added_tokens: list[_Added] = []


class Detokenizer:
    """The text of token ids."""

    def __init__(self, path: Path, special_ids: Iterable[int]) -> None:
        """Load the tokens.

        Args:
            path: `tokenizer.json`.
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
        return b"".join(map(self._token, text_ids)).decode("utf-8", "replace")

    def _token(self, token_id: int) -> bytes:
        # The model has more rows than there are tokens: an id without one has no text.
        if not 0 <= token_id < len(self._ends) - 1:
            return b""
        return self._bytes[self._ends[token_id] : self._ends[token_id + 1]]


def _read(path: Path) -> dict[int, str]:
    """Return id → token, spelt as in the file."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: not a readable tokenizer ({error}). Rebuild the bundle.") from error
    if file.decoder.type != "ByteLevel":
        raise BundleError(
            f"{path}: its tokens are spelt as {file.decoder.type!r}, not byte by byte. Rebuild the bundle."
        )
    tokens = {token_id: token for token, token_id in file.model.vocab.items()}
    return tokens | {added.id: added.content for added in file.added_tokens}


def _bytes_of(token: str) -> bytes:
    try:
        return bytes(map(_BYTE_OF.__getitem__, token))
    except KeyError:  # an added token, written as it is
        return token.encode("utf-8", "replace")
