"""How repetitive a text is."""

from __future__ import annotations

import zlib


def compression_ratio(text: str) -> float:
    """Return bytes of UTF-8 for each compressed byte, as openai-whisper does; above 2.4 is repetitive.

    Source: `compression_ratio` of openai-whisper (`whisper/utils.py`).
    """
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded))
