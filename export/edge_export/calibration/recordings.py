"""Recordings to calibrate on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from edge_runtime.digest import sha256_of
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LIST_NAME: Final = "manifest.jsonl"
_SUFFIXES: Final = frozenset({".wav", ".flac", ".ogg", ".mp3"})


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording.

    Attributes:
        path: of the audio file.
        text: what is said in it, None if unknown; an aligner needs it.
    """

    path: Path
    text: str | None = None


def read_recordings(source: Path) -> tuple[Recording, ...]:
    """Find recordings.

    Args:
        source: a list, one JSON object a line with `audio` and perhaps `text`; a folder that holds such a
            list as `manifest.jsonl`, or audio files; or one audio file.

    Raises:
        UsageError: nothing there can be used.
    """
    if source.is_dir():
        list_path = source / LIST_NAME
        return _from_list(list_path) if list_path.is_file() else _from_folder(source)
    if source.suffix.lower() in _SUFFIXES and source.is_file():
        return (Recording(source),)
    return _from_list(source)


def digests(recordings: Sequence[Recording]) -> dict[str, str]:
    """Return name → sha256 of each recording, or of its hash and its text, for the record of a build."""
    return {f"calibration/{each.path.name}": _digest(each) for each in recordings}


def _digest(recording: Recording) -> str:
    audio = sha256_of(recording.path)
    if recording.text is None:
        return audio
    return hashlib.sha256(f"{audio} {recording.text}".encode()).hexdigest()


def _from_folder(directory: Path) -> tuple[Recording, ...]:
    paths = sorted(path for path in directory.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise UsageError(f"{directory}: no recordings to calibrate on. Name a folder with WAV or FLAC files.")
    return tuple(map(Recording, paths))


def _from_list(path: Path) -> tuple[Recording, ...]:
    try:
        entries = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
        recordings = tuple(_recording(entry, path.parent) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: not a list of recordings ({error!r}). Give one JSON object a line, with audio and text."
        ) from error
    if not recordings:
        raise UsageError(f"{path}: no recordings in the list. Give one JSON object a line.")
    return recordings


def _recording(entry: Mapping[str, Any], directory: Path) -> Recording:
    return Recording(directory / str(entry["audio"]), str(entry["text"]) if "text" in entry else None)
