"""Byte-level BPE of the bundle's `tokenizer.json`, through the `tokenizers` library."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from edge_runtime.errors import BundleError


class Tokenizer:
    """Text to ids and back."""

    def __init__(self, path: Path, special_ids: Iterable[int]) -> None:
        """Load a vocabulary.

        Args:
            path: `tokenizer.json`.
            special_ids: ids that `decode` leaves out.

        Raises:
            BundleError: the file is not a tokenizer that this version of `tokenizers` reads.
        """
        import tokenizers  # noqa: PLC0415  # 30 ms that `import edge_runtime` need not spend

        try:
            self._tokenizer: Final = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises plain Exception
            raise BundleError(f"{path}: not a readable tokenizer ({error}). Rebuild the bundle.") from error
        # Text from outside must not open or close turns of the prompt: markers in it are plain characters.
        self._tokenizer.encode_special_tokens = True
        self._special_ids: Final = frozenset(special_ids)

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of plain text; special tokens spelt out in it count as characters."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, token_ids: Iterable[int]) -> str:
        """Return the text of ids, special ones left out; bytes that are no UTF-8 become U+FFFD."""
        kept = [token_id for token_id in token_ids if token_id not in self._special_ids]
        return str(self._tokenizer.decode(kept, skip_special_tokens=False))
