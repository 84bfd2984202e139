"""Load the bundle of a command; rebuild engines that do not fit this machine, if allowed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.cli.failures import RESOURCE_ERRNOS
from edge_runtime.cli.terminal import say, verify_progress
from edge_runtime.errors import (
    BackendUnavailableError,
    BundleError,
    EdgeAsrError,
    EngineMismatchError,
    StaleEngineError,
)
from edge_runtime.recognition.recognizer import Recognizer

Loaded = TypeVar("Loaded")
Model = TypeVar("Model", Recognizer, Aligner)


def load_model(
    kind: type[Model],
    bundle: Path,
    *,
    device: str,
    threads: int,
    trust: Path | None,
    auto_rebuild: bool,
    quiet: bool,
) -> Model:
    """Load a recognizer or an aligner with the flags of a command."""
    progress = verify_progress(quiet=quiet)
    load = partial(kind.load, bundle, device=device, threads=threads, trust=trust, progress=progress)
    with read_errors_name(bundle):
        return load_or_rebuild(load, auto_rebuild=auto_rebuild, quiet=quiet)


@contextmanager
def read_errors_name(bundle: Path) -> Iterator[None]:
    """Turn a disk that cannot be read, while the body reads a bundle, into an error that names it.

    Raises:
        BundleError: in place of an `OSError` that names no file.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno in RESOURCE_ERRNOS or isinstance(error, EdgeAsrError):
            raise
        raise BundleError(f"{bundle}: cannot be read: {error.strerror or error}. Check the disk.") from error


def described(bundle: Bundle) -> str:
    """Return a bundle in a few words."""
    manifest = bundle.manifest
    return f"{bundle.directory} ({manifest.name}, {manifest.target}, {manifest.precision})"


def load_or_rebuild(load: Callable[[], Loaded], *, auto_rebuild: bool, quiet: bool) -> Loaded:
    """Load a bundle; if its engines are stale or wrong, rebuild them where allowed and load it again.

    Args:
        load: opens the bundle.
        auto_rebuild: whether to run the command that the error names.
        quiet: do not print why the engines are rebuilt.

    Raises:
        StaleEngineError, EngineMismatchError: raised by `load`; a rebuild is not allowed or not possible, or
            did not help.
        BackendUnavailableError: the build failed.
    """
    try:
        return load()
    except (StaleEngineError, EngineMismatchError) as error:
        command = error.rebuild
        if not auto_rebuild or command is None:
            raise
        say(f"edge-asr: {error}", quiet=quiet)
    _run(command)
    return load()


def _run(command: str) -> None:
    """Run an `edge-asr` command in a child process: the exporter's imports must stay out of the runtime."""
    if getattr(sys, "frozen", False):
        raise BackendUnavailableError(
            f"--auto-rebuild: this program is frozen and cannot start the exporter. Run `{command}` by hand."
        )
    program, *arguments = shlex.split(command)
    assert program == "edge-asr", "errors name commands of this program"
    # The child prints the bundle's path; our stdout carries results only.
    completed = subprocess.run(  # noqa: S603 # our own program, arguments as a list
        [sys.executable, "-m", "edge_runtime", *arguments], stdout=sys.stderr, check=False
    )
    if completed.returncode != 0:
        needs = "" if arguments[0] == "compile" else "edge-asr[export] and "
        raise BackendUnavailableError(
            f"--auto-rebuild: `{command}` ended with exit code {completed.returncode}. Run it by hand, with "
            f"{needs}the TensorRT of this machine installed."
        )
