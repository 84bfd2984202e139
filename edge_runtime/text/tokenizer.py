"""Byte-level BPE of the bundle's `tokenizer.json`, of Qwen2's kind; equal to the `tokenizers` library.

The way back, ids to text, is `detokenizer.py`, which every transcript needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import msgspec

from edge_runtime.errors import BundleError, UsageError
from edge_runtime.opened_file import OpenedFile
from edge_runtime.text.added_tokens import AddedTokens
from edge_runtime.text.bpe import apply_merges, merge_table
from edge_runtime.text.encoder_file import read_encoder_file
from edge_runtime.text.pre_tokenizer import normalize, split
from edge_runtime.text.tokenizer_file import BYTE_OF

_NUM_CACHED_PIECES: Final = 1 << 14
_MAX_CACHED_LENGTH: Final = 32
"""Pieces whose ids are kept, and their characters: 8 MB at most. A long text repeats most of its words."""


class Tokenizer:
    """Text to ids."""

    def __init__(self, path: Path | OpenedFile) -> None:
        """Load a vocabulary.

        Args:
            path: `tokenizer.json`, or its path.

        Raises:
            BundleError: the file is not readable, or tokenizes otherwise than Qwen2.
        """
        file = read_encoder_file(path)
        try:
            merges = merge_table(file.model.vocab, map(_pair, file.model.merges))
            byte_ids = {byte: file.model.vocab[character] for character, byte in BYTE_OF.items()}
        except (KeyError, ValueError) as error:
            raise BundleError(
                f"{path}: not a readable tokenizer ({error} is no token). Rebuild the bundle."
            ) from error
        self._encode_long: Final = partial(_encode_piece, byte_ids, merges)
        self._encode_short: Final = lru_cache(_NUM_CACHED_PIECES)(self._encode_long)
        self._raw_tokens: Final = AddedTokens(token for token in file.added_tokens if not token.normalized)
        self._normalized_tokens: Final = AddedTokens(
            msgspec.structs.replace(token, content=normalize(token.content))
            for token in file.added_tokens
            if token.normalized
        )

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of plain text; markers spelt out in it, such as `<asr_text>`, are characters.

        Raises:
            UsageError: the text holds half of a surrogate pair.
        """
        try:
            return tuple(self._ids(text))
        except UnicodeEncodeError as error:
            raise UsageError(f"The text {text!r} is not valid Unicode: {error}.") from error

    def _ids(self, text: str) -> Iterator[int]:
        for part in self._raw_tokens.split(text):
            if isinstance(part, int):
                yield part
                continue
            for inner in self._normalized_tokens.split(normalize(part)):
                if isinstance(inner, int):
                    yield inner
                    continue
                for piece in split(inner):
                    is_short = len(piece) <= _MAX_CACHED_LENGTH
                    yield from self._encode_short(piece) if is_short else self._encode_long(piece)


def _encode_piece(byte_ids: Mapping[int, int], merges: Mapping[int, int], piece: str) -> list[int]:
    return apply_merges([byte_ids[byte] for byte in piece.encode("utf-8")], merges)


def _pair(merge: str | tuple[str, str]) -> tuple[str, str]:
    """Return the two tokens of a merge, which older files write with a space between."""
    if isinstance(merge, tuple):
        return merge
    left, right = merge.split(" ")
    return left, right
