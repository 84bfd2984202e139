"""What `edge-asr run --resume` knows of earlier runs, and what follows for each recording."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from edge_runtime.cli.failures import Failure
from edge_runtime.cli.many.again import is_final
from edge_runtime.cli.many.items import Item
from edge_runtime.cli.many.journal import Began, Done, Ended, Failed, Journal, Line, Lost
from edge_runtime.digest import sha256_of
from edge_runtime.errors import ExitCode
from edge_runtime.results.transcript import Transcript
from edge_runtime.version import VERSION

MAX_STRIKES: Final = 2
"""A recording that was being decoded so often when its process ended is left out."""


class Resumption:
    """The journal of a folder, read and gone on with.

    A recording is known by its content and by what was requested of which bundle, never by its name.
    """

    def __init__(self, journal: Journal, request: str) -> None:
        """Read the journal.

        Args:
            journal: of the folder of results.
            request: from `hash_of`; lines with another one are of no use.
        """
        self._journal: Final = journal
        self._request: Final = request
        self._setting: Final = f"edge-asr {VERSION}, {'with' if shutil.which('ffmpeg') else 'without'} ffmpeg"
        self._done: Final[dict[str, int]] = {}
        self._failed: Final[dict[str, Failure]] = {}
        self._begun: Final[dict[str, Began]] = {}
        self._strikes: Final[Counter[str]] = Counter()
        for offset, line in journal.lines():
            self._note(offset, line)
        for began in list(self._begun.values()):  # no line says how that run ended: it was killed
            self._append(Lost(audio=began.audio, request=request, name=began.name))

    def transcript_of(self, item: Item) -> tuple[Transcript, bool] | None:
        """Return the transcript of an earlier run, and whether the item's files hold it; None without one."""
        offset = self._done.get(item.sha256 or "")
        if offset is None:
            return None
        line = self._journal.line_at(offset)
        assert isinstance(line, Done), "the offset of a line that says done"
        audio = replace(line.transcript.audio, path=item.name)
        whole = all(_holds(path, line.outputs.get(str(path))) for path in item.paths.values())
        return replace(line.transcript, audio=audio), whole

    def failure_of(self, item: Item) -> Failure | None:
        """Return why an item need not be tried: it failed so before, or took its process along too often."""
        sha256 = item.sha256 or ""
        return self._failed.get(sha256) or (
            poisoned(item.name) if self._strikes[sha256] >= MAX_STRIKES else None
        )

    def is_suspect(self, item: Item) -> bool:
        """Tell whether a process ended while the item was decoded, perhaps beside others."""
        return self._strikes[item.sha256 or ""] > 0

    def begin(self, item: Item) -> None:
        """Note that an item is taken."""
        if item.sha256:
            self._append(Began(audio=item.sha256, request=self._request, name=item.name))

    def lose(self, item: Item) -> None:
        """Note that an item's process ended."""
        if item.sha256:
            self._append(Lost(audio=item.sha256, request=self._request, name=item.name))

    def finish(self, item: Item, transcript: Transcript) -> None:
        """Note that an item's files are written; its content is that which was read for the transcript."""
        audio = transcript.audio.sha256
        if audio:
            outputs = {str(path): sha256_of(path) for path in item.paths.values()}
            done = Done(
                audio=audio,
                request=self._request,
                name=item.name,
                transcript=transcript,
                outputs=self._outputs_before(item) | outputs,
            )
            self._append(done)

    def fail(self, item: Item, error: Exception, failure: Failure) -> None:
        """Note that an item has no result."""
        if item.sha256:
            setting = self._setting if is_final(error) else None
            self._append(
                Failed(
                    audio=item.sha256, request=self._request, name=item.name, failure=failure, setting=setting
                )
            )

    def end(self) -> None:
        """Note that the run ended in order."""
        self._append(Ended())
        self._journal.close()

    def _append(self, line: Line) -> None:
        self._note(self._journal.append(line), line)

    def _outputs_before(self, item: Item) -> dict[str, str]:
        """Return the files of an item with the same content."""
        offset = self._done.get(item.sha256 or "")
        line = None if offset is None else self._journal.line_at(offset)
        return line.outputs if isinstance(line, Done) else {}

    def _note(self, offset: int, line: Line) -> None:
        if isinstance(line, Ended):
            self._begun.clear()
            return
        if line.request != self._request:
            return
        self._note_item(offset, line)

    def _note_item(self, offset: int, line: Began | Done | Failed | Lost) -> None:
        if isinstance(line, Began):
            self._begun[line.audio] = line
            return
        self._begun.pop(line.audio, None)
        if isinstance(line, Lost):
            self._strikes[line.audio] += 1
        elif isinstance(line, Failed):
            if line.setting == self._setting:
                self._failed[line.audio] = line.failure
        else:
            self._done[line.audio] = offset
            self._strikes.pop(line.audio, None)


def hash_of(parts: Iterable[object]) -> str:
    """Return a hash of what transcripts depend on: hashes of manifests, options as dataclasses."""
    return hashlib.sha256(msgspec.json.encode(list(parts), order="sorted")).hexdigest()


def poisoned(name: str) -> Failure:
    """Say that a recording is left out."""
    message = (
        f"{name}: left out: the process ended or took too long twice while it was decoded. Convert the "
        f"recording, or run it alone without --resume to see why."
    )
    return Failure("PoisonedRecording", message, ExitCode.ALL_INPUTS_FAILED)


def _holds(path: Path, sha256: str | None) -> bool:
    try:
        return sha256 is not None and sha256_of(path) == sha256
    except OSError:
        return False
