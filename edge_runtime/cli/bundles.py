"""Choose the bundles of a command: by folder, by the name of their model, or all that are here."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import typer

from edge_runtime.bundle.manifest import MANIFEST_NAME, PORTABLE_SCHEMA, Kind
from edge_runtime.bundle.manifest_file import peek, peek_schema
from edge_runtime.bundle.shipped import RELEASED, shipped_bundle
from edge_runtime.cli.failures import report
from edge_runtime.errors import BundleError, ExitCode, OutputError

ENGINES: Final = Path("engines")
_HUB_ID_PARTS: Final = 2
_BUILD: Final[dict[Kind | None, str]] = {
    None: "edge-asr build-engines",
    "asr": "edge-asr build-engines",
    "aligner": "edge-asr build-engines aligner",
}
_FLAG: Final[dict[Kind | None, str]] = {None: "--model", "asr": "--model", "aligner": "--model or --aligner"}


def choose_bundles(named: Sequence[Path], requested: Path | None) -> list[Path]:
    """Return the bundles of a command that takes any number: those that are named, or all under `engines/`.

    Args:
        named: arguments, each as `requested` of `choose_bundle`.
        requested: the flag `--model`, one more of them.

    Raises:
        BundleError: as of `choose_bundle`; there is no bundle at all.
    """
    meant = [*named, *filter(None, [requested])]
    return [choose_bundle(one) for one in meant] or _bundles() or [_only_one(None)]


def for_each_bundle(bundles: Sequence[Path], work: Callable[[Path], None]) -> None:
    """Do something with bundle after bundle; where there are several, one that fails stops no other.

    Raises:
        Exit: some failed; with the exit code of the first.
    """
    if len(bundles) == 1:
        work(bundles[0])
        return
    codes = [code for bundle in bundles if (code := _tried(work, bundle))]
    if codes:
        raise typer.Exit(codes[0])


def _tried(work: Callable[[Path], None], bundle: Path) -> ExitCode:
    try:
        work(bundle)
    except OutputError:
        raise
    except Exception as error:  # noqa: BLE001  # of this bundle alone
        return report(error, str(bundle))
    return ExitCode.OK


def choose_bundle(requested: Path | None, kind: Kind | None = None) -> Path:
    """Return the bundle that is meant.

    Args:
        requested: the user's choice: a bundle's folder or its manifest; or the name of a model, as `mini`,
            `0.6b` or `Qwen/Qwen3-ASR-0.6B`, whose bundle is under `engines/` or in the package. None for the
            only one under `engines/`.
        kind: of the bundle, None for any.

    Raises:
        BundleError: none was named, and there is none or more than one; there is none of that name, or
            several are.
    """
    if requested is None:
        return _only_one(kind)
    # Of `os.path`: a name that no file system takes leads nowhere, and is no error here.
    if os.path.exists(requested):  # noqa: PTH110
        return _at(requested)
    model = str(requested)
    return _named(model, kind) or shipped_bundle(model.lower()) or _missing(model, kind)


def _at(path: Path) -> Path:
    """Return the folder of a bundle, refusing what is none with a word about what it is."""
    folder = path.parent if path.name == MANIFEST_NAME else path
    if (folder / MANIFEST_NAME).is_file():
        return folder
    if not folder.is_dir():
        raise BundleError(
            f"{path} is a file, and a bundle is a folder with a {MANIFEST_NAME}. Name the folder."
        )
    inside = sorted(str(manifest.parent) for manifest in folder.glob(f"*/{MANIFEST_NAME}"))
    if inside:
        raise BundleError(f"{path} is no bundle, and holds some: {', '.join(inside)}. Name one of them.")
    if (folder / "config.json").is_file():
        raise BundleError(
            f"{path} is a checkpoint. Build a bundle of it with `edge-asr build-engines {path}`."
        )
    raise BundleError(
        f"{path}: no bundle here (no {MANIFEST_NAME}). Name a bundle's folder; "
        f"`edge-asr build-engines` makes one."
    )


def _missing(model: str, kind: Kind | None) -> Path:
    here = [path for path in _bundles() if kind is None or _field(path, "kind") == kind]
    known = (
        f"There are: {', '.join(map(str, here))}." if here else f"There is none under {ENGINES.absolute()}."
    )
    parts = Path(model).parts
    is_path = len(parts) > _HUB_ID_PARTS or parts[0] in (ENGINES.name, "..", "/")
    command = _BUILD[kind] if is_path else f"edge-asr build-engines {shlex.quote(model)}"
    raise BundleError(f"No bundle {model!r}. {known} Build one with `{command}`.")


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
    wanted = _names(RELEASED.get(model.lower(), model))
    named = [path for path in _bundles() if wanted & _names_of(path)]
    candidates = [path for path in named if kind is None or _field(path, "kind") == kind]
    if len(candidates) > 1:
        raise _several(f"of {model!r}", candidates, kind)
    return candidates[0] if candidates else None


def _names_of(bundle: Path) -> set[str]:
    """Return what a bundle may be called: its folder, its model, and the hub's id of that."""
    model_id = _field(bundle, "provenance", "model_id") or ""
    return {bundle.name.lower(), (_field(bundle, "name") or "").lower(), *_names(model_id)} - {""}


def _names(model_id: str) -> set[str]:
    """Return a hub's id and what a bundle of that model is called."""
    return {model_id.lower(), model_id.rpartition("/")[2].lower()}


def _several(where: str, bundles: list[Path], kind: Kind | None) -> BundleError:
    names = ", ".join(map(str, bundles))
    return BundleError(f"Several bundles {where}: {names}. Name one with {_FLAG[kind]}.")


def _bundles() -> list[Path]:
    """Return the bundles under `engines/`; portable ones only where there is no other."""
    every = sorted(path.parent for path in ENGINES.glob(f"*/{MANIFEST_NAME}"))
    # A portable bundle is chosen only to be refused with the command that compiles it.
    return [path for path in every if peek_schema(path) != PORTABLE_SCHEMA] or every


def _field(directory: Path, *keys: str) -> str | None:
    """Return a field of the manifest, None if the manifest cannot be read; loading then reports why."""
    try:
        value: Any = json.loads(peek(directory) or b"")
        for key in keys:
            value = value[key]
    except (ValueError, KeyError, TypeError):
        return None
    return str(value)
