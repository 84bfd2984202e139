"""The list of recordings on which a gate compares two bundles."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Generic

from edge_bench.corpus import Clip, Entry, SpeechClip, read_list
from edge_bench.gate.report import ListInfo
from edge_runtime.digest import sha256_of
from edge_runtime.errors import AudioNotFoundError, BackendUnavailableError, UsageError


@dataclass(frozen=True, slots=True)
class GateList(Generic[Entry]):
    """A list whose recordings all exist.

    Attributes:
        clips: its recordings.
        directory: the folder that their paths are relative to.
        info: its description in a report.
    """

    clips: tuple[Entry, ...]
    directory: Path
    info: ListInfo


def open_list(path: Path) -> GateList[Clip]:
    """Read a list and find its recordings before a long run starts.

    Raises:
        UsageError: it is no list, holds no speech, or has two clips of one name.
        AudioNotFoundError: a recording is missing.
        BackendUnavailableError: the package that counts errors is not installed.
    """
    _require_scorer()
    clips = read_list(path, Clip)
    _require_usable(path, clips)
    return GateList(clips, path.parent, _list_info(path, clips))


def open_speech_list(path: Path) -> GateList[SpeechClip]:
    """Read a list for aligners; clips in which nobody speaks are left out.

    Raises:
        UsageError: as of `open_list`.
        AudioNotFoundError: a recording is missing.
    """
    clips = read_list(path, SpeechClip)
    _require_usable(path, clips)
    speech_clips = tuple(clip for clip in clips if clip.language)
    return GateList(speech_clips, path.parent, _list_info(path, speech_clips))


def _require_usable(path: Path, clips: Sequence[Clip] | Sequence[SpeechClip]) -> None:
    if not any(clip.language for clip in clips):
        raise UsageError(f"{path}: nobody speaks in its {len(clips)} clips. Give a list with speech in it.")
    if len({clip.id for clip in clips}) < len(clips):
        raise UsageError(f"{path}: several clips have one id. Name each differently: the verdict names them.")


def _require_scorer() -> None:
    if find_spec("kaldialign") is None:
        raise BackendUnavailableError(
            "A gate counts errors with the Python package 'kaldialign', which is not installed. "
            "Install it with `pip install 'edge-asr[bench]'`."
        )


def _list_info(path: Path, clips: Sequence[Clip] | Sequence[SpeechClip]) -> ListInfo:
    digest = hashlib.sha256(path.read_bytes())
    for clip in clips:
        audio = path.parent / clip.audio
        if not audio.is_file():
            raise AudioNotFoundError(f"{audio}: no such file, and {path} lists it as {clip.id!r}.")
        digest.update(sha256_of(audio).encode())
    return ListInfo(path.name, digest.hexdigest(), len(clips))
