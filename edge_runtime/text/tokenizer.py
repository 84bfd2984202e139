"""Byte-level BPE of the bundle's `tokenizer.json`, through the `tokenizers` library.

The way back, ids to text, is `detokenizer.py`, which every transcript needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edge_runtime.errors import BundleError


class Tokenizer:
    """Text to ids."""

    def __init__(self, path: Path) -> None:
        """Load a vocabulary.

        Args:
            path: `tokenizer.json`.

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

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of plain text; special tokens spelt out in it count as characters."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)
