"""The parts of a `tokenizer.json` that both directions read, and how byte-level BPE spells bytes.

A Qwen2 vocabulary has 150,000 entries: each direction decodes the fields it needs and keeps none of the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec

from edge_runtime.errors import BundleError
from edge_runtime.opened_file import OpenedFile

_PRINTABLE: Final = frozenset((*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)))
"""Bytes that stand for themselves; the others take the characters from U+0100 on, in order."""
BYTE_OF: Final = {chr(byte): byte for byte in _PRINTABLE} | {
    chr(0x100 + index): byte for index, byte in enumerate(sorted(set(range(256)) - _PRINTABLE))
}
"""Character of a token → the byte it spells."""

TokenId = Annotated[int, msgspec.Meta(ge=0, lt=1 << 24)]
"""Bounded: decoding has an array of all ids."""
File = TypeVar("File")


class AddedToken(msgspec.Struct):
    """A token beside the vocabulary that BPE builds."""

    id: TokenId
    content: str
    special: bool = False
    normalized: bool = False
    single_word: bool = False
    lstrip: bool = False
    rstrip: bool = False

    @property
    def is_marker(self) -> bool:
        """Whether it structures prompts and answers: all that is spelt `<…>`, flagged special or not."""
        return self.special or (self.content.startswith("<") and self.content.endswith(">"))


def read_tokenizer_file(path: Path | OpenedFile, fields: type[File]) -> File:
    """Decode fields of a `tokenizer.json`.

    Args:
        path: the file, or its path.
        fields: a struct of the fields to decode.

    Raises:
        BundleError: the file cannot be read or lacks one of them.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=fields)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{path}: not a readable tokenizer ({error}). Rebuild the bundle.") from error
