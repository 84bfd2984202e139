"""Which bundle a command works on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from edge_runtime.bundle.manifest import MANIFEST_NAME, Kind
from edge_runtime.errors import BundleError

ENGINES: Final = Path("engines")

_BUILD: Final[dict[Kind | None, str]] = {
    None: "edge-asr build-engines",
    "asr": "edge-asr build-engines",
    "aligner": "edge-asr build-engines aligner",
}
_FLAG: Final[dict[Kind | None, str]] = {None: "--model", "asr": "--model", "aligner": "--model or --aligner"}


def choose_bundle(asked: Path | None, kind: Kind | None = None) -> Path:
    """Return the bundle that was asked for, or the only one of its kind under `engines/`.

    Args:
        asked: the user's own choice; it is not questioned here.
        kind: what the bundle must be able to do, None for any.

    Raises:
        BundleError: none was named, and there is none or more than one.
    """
    if asked is not None:
        return asked
    everything = sorted(path.parent for path in ENGINES.glob(f"*/{MANIFEST_NAME}"))
    found = [path for path in everything if kind is None or _kind_of(path) in (kind, None)]
    if len(found) == 1:
        return found[0]
    if not found:
        what = f"No {kind} bundle" if everything else "No bundle"
        raise BundleError(f"{what} under {ENGINES.absolute()}. Build one with `{_BUILD[kind]}`.")
    names = ", ".join(str(path) for path in found)
    raise BundleError(f"Several bundles here: {names}. Name one with {_FLAG[kind]}.")


def _kind_of(directory: Path) -> str | None:
    """Return what the manifest says of its kind, None where it cannot be read: loading says why."""
    try:
        kind = json.loads((directory / MANIFEST_NAME).read_text("utf-8"))["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(kind)
