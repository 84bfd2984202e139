"""Which bundle a command works on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edge_runtime.errors import BundleError
from edge_runtime.manifest import MANIFEST_NAME

ENGINES: Final = Path("engines")


def choose_bundle(asked: Path | None) -> Path:
    """Return the bundle that was asked for, or the only one under `engines/`.

    Raises:
        BundleError: none was named, and there is none or more than one.
    """
    if asked is not None:
        return asked
    found = sorted(path.parent for path in ENGINES.glob(f"*/{MANIFEST_NAME}"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise BundleError(f"No bundle under {ENGINES.absolute()}. Build one with `edge-asr build-engines`.")
    names = ", ".join(str(path) for path in found)
    raise BundleError(f"Several bundles here: {names}. Name one with --model.")
