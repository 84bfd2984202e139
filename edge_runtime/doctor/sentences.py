"""The first sentence of an error's message."""

from __future__ import annotations

import re
from typing import Final

_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, on one line, with its full stop."""
    sentence = _END.split(" ".join(text.split()), maxsplit=1)[0]
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
