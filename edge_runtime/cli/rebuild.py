"""`--auto-rebuild`: engines that do not fit this machine are built again, once."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.cli.terminal import say, verify_progress
from edge_runtime.errors import BackendUnavailableError, EngineMismatchError, StaleEngineError
from edge_runtime.recognition.recognizer import Recognizer

Loaded = TypeVar("Loaded")
Model = TypeVar("Model", Recognizer, Aligner)


def loaded(
    kind: type[Model], bundle: Path, *, device: str, threads: int, auto_rebuild: bool, quiet: bool
) -> Model:
    """Load a recogniser or an aligner as a command's flags ask."""
    progress = verify_progress(quiet=quiet)
    load = partial(kind.load, bundle, device=device, threads=threads, progress=progress)
    return load_or_rebuild(load, auto_rebuild=auto_rebuild, quiet=quiet)


def load_or_rebuild(load: Callable[[], Loaded], *, auto_rebuild: bool, quiet: bool) -> Loaded:
    """Load a bundle; where its engines are stale or wrong, and it is allowed, build them again first.

    Args:
        load: opens the bundle.
        auto_rebuild: whether the command that the error names may be run.
        quiet: print nothing of it.

    Raises:
        StaleEngineError, EngineMismatchError: as `load` raised it, where nothing may or can be built, or the
            new engines are no better.
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
    """Run an `edge-asr` command in a process of its own: the exporter imports what a runtime must not."""
    program, *arguments = shlex.split(command)
    assert program == "edge-asr", "errors name commands of this program"
    # Its result, the bundle's folder, is none of ours: stdout carries results only.
    done = subprocess.run(  # noqa: S603 # our own program, arguments as a list
        [sys.executable, "-m", "edge_runtime", *arguments], stdout=sys.stderr, check=False
    )
    if done.returncode != 0:
        raise BackendUnavailableError(
            f"--auto-rebuild: `{command}` ended with exit code {done.returncode}. Run it by hand, with "
            f"edge-asr[export] and the TensorRT of this machine installed."
        )
