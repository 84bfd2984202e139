"""Which audio track of a container is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.audio.decoders.ffmpeg_log import Track
from edge_runtime.errors import AudioError

_UNNAMED: Final = "unnamed"
_TERMINOLOGY: Final = {
    "alb": "sqi",
    "arm": "hye",
    "baq": "eus",
    "bur": "mya",
    "chi": "zho",
    "cze": "ces",
    "dut": "nld",
    "fre": "fra",
    "geo": "kat",
    "ger": "deu",
    "gre": "ell",
    "ice": "isl",
    "mac": "mkd",
    "mao": "mri",
    "may": "msa",
    "per": "fas",
    "rum": "ron",
    "slo": "slk",
    "tib": "bod",
    "wel": "cym",
}
"""ISO 639-2 has two codes for these, and containers have either."""


def choose_track(tracks: Sequence[Track], wanted: int | str | None, name: str) -> int:
    """Return the position of a track, from 0.

    Args:
        tracks: of the container.
        wanted: 1 is the first; a language takes the first track in it; None the first that is marked as
            default, or else the first.
        name: of the recording.

    Raises:
        AudioError: no track is in the language.
    """
    if isinstance(wanted, int):
        return wanted - 1
    if wanted is None:
        return next((position for position, track in enumerate(tracks) if track.default), 0)
    positions = [at for at, track in enumerate(tracks) if _code(track.language) == _code(wanted)]
    if positions or not tracks:  # without tracks ffmpeg says why
        return positions[0] if positions else 0
    held = f"it has{listed(tracks)}" if any(track.language for track in tracks) else "it names no language"
    raise AudioError(f"{name}: there is no audio track in {wanted!r}; {held}. Give a number, 1 is the first.")


def listed(tracks: Sequence[Track]) -> str:
    """Return the languages of tracks as the end of a phrase, "" where none is named."""
    if not any(track.language for track in tracks):
        return ""
    return f" ({', '.join(f'{at} {track.language or _UNNAMED}' for at, track in enumerate(tracks, 1))})"


def _code(language: str) -> str:
    code = language.lower()
    return _TERMINOLOGY.get(code, code)
