"""Choose and load the bundle of a command; rebuild engines that do not fit this machine, if allowed."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.bundle.manifest import MANIFEST_NAME, PORTABLE_SCHEMA, Kind
from edge_runtime.bundle.manifest_file import peek, peek_schema
from edge_runtime.bundle.shipped import shipped_bundle
from edge_runtime.cli.terminal import say, verify_progress
from edge_runtime.errors import BackendUnavailableError, BundleError, EngineMismatchError, StaleEngineError
from edge_runtime.recognition.recognizer import Recognizer

Loaded = TypeVar("Loaded")
Model = TypeVar("Model", Recognizer, Aligner)


ENGINES: Final = Path("engines")
_BUILD: Final[dict[Kind | None, str]] = {
    None: "edge-asr build-engines",
    "asr": "edge-asr build-engines",
    "aligner": "edge-asr build-engines aligner",
}
_FLAG: Final[dict[Kind | None, str]] = {None: "--model", "asr": "--model", "aligner": "--model or --aligner"}


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
    return load_or_rebuild(load, auto_rebuild=auto_rebuild, quiet=quiet)


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


def choose_bundle(requested: Path | None, kind: Kind | None = None) -> Path:
    """Return the bundle that is meant.

    Args:
        requested: the user's choice: a folder, returned unchecked, or the name of a model, whose bundle is
            under `engines/` or in the package; None for the only one under `engines/`.
        kind: of the bundle, None for any.

    Raises:
        BundleError: none was named, and there is none or more than one; or several are of that name.
    """
    if requested is None:
        return _only_one(kind)
    # Of `os.path`: a name that no file system takes leads nowhere, and is no error here.
    if os.path.exists(requested) or len(requested.parts) != 1:  # noqa: PTH110
        return requested
    return _named(str(requested), kind) or shipped_bundle(str(requested)) or requested


def _only_one(kind: Kind | None) -> Path:
    bundles = _bundles()
    candidates = [path for path in bundles if kind is None or _field(path, "kind") in (kind, None)]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        what = f"No {kind} bundle" if bundles else "No bundle"
        hint = "" if kind == "aligner" else ", or name the one in the package with `--model mini`"
        raise BundleError(f"{what} under {ENGINES.absolute()}. Build one with `{_BUILD[kind]}`{hint}.")
    raise _several("here", candidates, kind)


def _named(model: str, kind: Kind | None) -> Path | None:
    """Return the bundle of a model under `engines/`, by its manifest; None where there is none."""
    named = [path for path in _bundles() if _field(path, "name") == model]
    candidates = [path for path in named if kind is None or _field(path, "kind") == kind]
    if len(candidates) > 1:
        raise _several(f"of {model!r}", candidates, kind)
    return candidates[0] if candidates else None


def _several(where: str, bundles: list[Path], kind: Kind | None) -> BundleError:
    names = ", ".join(map(str, bundles))
    return BundleError(f"Several bundles {where}: {names}. Name one with {_FLAG[kind]}.")


def _bundles() -> list[Path]:
    """Return the bundles under `engines/`; portable ones only where there is no other."""
    every = sorted(path.parent for path in ENGINES.glob(f"*/{MANIFEST_NAME}"))
    # A portable bundle is chosen only to be refused with the command that compiles it.
    return [path for path in every if peek_schema(path) != PORTABLE_SCHEMA] or every


def _field(directory: Path, name: str) -> str | None:
    """Return a field of the manifest, None if the manifest cannot be read; loading then reports why."""
    try:
        value = json.loads(peek(directory) or b"")[name]
    except (ValueError, KeyError, TypeError):
        return None
    return str(value)
