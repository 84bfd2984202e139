"""Text in place of a recording: a playlist, which names other files, or anything else."""

from __future__ import annotations

import re
from typing import Final

_LOOKED_AT_BYTES: Final = 4096
_PLAYLIST: Final = re.compile(
    r"#EXTM3U|#EXT-X-|#EXTINF|ffconcat version|<MPD|<SmoothStreamingMedia|<smil|<asx|<\?wpl|<playlist"
    r"|<CompositionPlaylist|<AssetMap|\[playlist\]|\[Reference\]|^v=0\s|^file '?|RTSPtext",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def text_kind(head: bytes) -> str | None:
    """Return "playlist" or "text" where the bytes are one of them, else None.

    Args:
        head: the first bytes.
    """
    sample = head[:_LOOKED_AT_BYTES]
    encoding = next((name for bom, name in _BOMS if sample.startswith(bom)), "utf-8")
    # "ignore" forgives a character that the end of the sample cuts, which any text may have.
    text = sample.decode(encoding, "replace").removesuffix("�").lstrip("﻿")
    if _PLAYLIST.search(text) and _is_text(text):
        return "playlist"
    return "text" if _is_text(text) else None


def _is_text(text: str) -> bool:
    return bool(text.strip()) and "�" not in text and not _CONTROL.search(text)
