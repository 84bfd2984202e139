"""`edge-asr keygen` and `edge-asr sign`: keys, and signatures of bundles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge_runtime.bundle.signing import make_keys, sign_bundle
from edge_runtime.cli.terminal import emit


def keygen(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="Of the files, NAME.key and NAME.pub.")],
) -> None:
    """Make a pair of keys to sign bundles with.

    NAME.key signs and stays with you; NAME.pub goes to the devices, for --trust. Prints both files.
    """
    for path in make_keys(name):
        emit(str(path))


def sign(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder, portable or not.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Private key of `edge-asr keygen`.")],
) -> None:
    """Verify a bundle, and sign it for devices that run with --trust. Prints the file of the signature."""
    emit(str(sign_bundle(bundle, key)))
