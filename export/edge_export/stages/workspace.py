"""Folder of a build's finished stages, so that a second run starts where the first one ended."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_runtime.digest import sha256_of
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUILD_DIRECTORY: Final = ".build"
"""Holds the working folders of builds, beside their bundles."""
_PARTIAL: Final = ".partial"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A working folder; a stage is a sub-folder, and is finished once its record is written.

    Attributes:
        directory: the folder.
        key: digest of everything the stages depend on; records of another key are void.
    """

    directory: Path
    key: str

    def stage_path(self, stage: str) -> Path:
        """Return the folder of a stage's files."""
        return self.directory / stage

    def is_finished(self, stage: str) -> bool:
        """Return whether a stage was finished for this key and all its files are there."""
        files = self.recorded_files(stage)
        if files is None:
            return False
        folder = self.stage_path(stage)
        paths = {name: folder / name for name in files}
        return all(paths[name].is_file() and paths[name].stat().st_size == files[name][0] for name in files)

    def recorded_files(self, stage: str) -> dict[str, tuple[int, str]] | None:
        """Return name → (bytes, sha256) of a finished stage's files, None where there is no valid record."""
        try:
            document = json.loads(self._record_path(stage).read_text("utf-8"))
            if document["key"] != self.key:
                return None
            return {name: (int(size), str(digest)) for name, (size, digest) in document["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def run(self, stage: str, work: Callable[[Path], None]) -> None:
        """Run a stage in a folder of its own, which is deleted if the stage fails.

        Args:
            stage: its name.
            work: called with an empty folder to fill.
        """
        final, partial = self.stage_path(stage), self.directory / (stage + _PARTIAL)
        self._record_path(stage).unlink(missing_ok=True)
        for stale in (final, partial):
            shutil.rmtree(stale, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            work(partial)
            files = {path.name: (path.stat().st_size, sha256_of(path)) for path in sorted(partial.iterdir())}
            partial.rename(final)
            self._write_record(stage, files)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise

    def written_bytes(self) -> int:
        """Return the size of all files in the folder."""
        return sum(path.stat().st_size for path in self.directory.rglob("*") if path.is_file())

    def clear(self) -> None:
        """Delete the folder, and the one it is in if nothing else is."""
        shutil.rmtree(self.directory, ignore_errors=True)
        with suppress(OSError):
            self.directory.parent.rmdir()

    def _record_path(self, stage: str) -> Path:
        return self.directory / f"{stage}.json"

    def _write_record(self, stage: str, files: dict[str, tuple[int, str]]) -> None:
        path = self._record_path(stage)
        temporary = path.with_suffix(".json" + _PARTIAL)
        temporary.write_text(json.dumps({"key": self.key, "files": files}, indent=2), "utf-8")
        temporary.rename(path)


def working_folder(bundle: Path) -> Path:
    """Return the working folder of a bundle's build."""
    return bundle.parent / BUILD_DIRECTORY / bundle.name


def clear_leftovers(bundle: Path) -> None:
    """Delete what a build left that was stopped once the bundle was installed; not while one is at work."""
    directory = working_folder(bundle)
    if directory.is_dir():
        with suppress(UsageError), open_workspace(directory, "", fresh=False) as workspace:
            workspace.clear()


@contextmanager
def open_workspace(directory: Path, key: str, *, fresh: bool) -> Iterator[Workspace]:
    """Create or reopen a working folder for this process alone.

    Args:
        directory: the folder.
        key: see `Workspace`.
        fresh: delete what an earlier run left.

    Raises:
        UsageError: another build is using it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    handle = os.open(directory, os.O_RDONLY)
    try:
        _lock(handle, directory)
        if fresh:
            for child in directory.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
        yield Workspace(directory, key)
    finally:
        os.close(handle)


def _lock(handle: int, directory: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(
            f"{directory}: another build of this bundle is running. Wait for it, or choose another "
            f"--output-dir."
        ) from error
