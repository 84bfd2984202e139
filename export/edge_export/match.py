"""What right texts are like for an aligner: `python -m edge_export.match BUNDLE --calibrate-on LIST`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from statistics import mean, median, quantiles
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.alignment.verdict.match import DEFAULT_MATCH, match_score
from edge_runtime.bundle.manifest import MANIFEST_NAME, encode
from edge_runtime.bundle.manifest_file import DIGEST_NAME, digest_line
from edge_runtime.bundle.specs import MatchSpec
from edge_runtime.errors import EdgeAsrError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_runtime.bundle.manifest import Manifest
    from edge_runtime.results.words import Word

_FALSE_ALARMS: Final = 100
"""One in so many right texts may be warned of."""
_LOWEST: Final = 0.01


class RightText(msgspec.Struct, frozen=True, kw_only=True):
    """A recording, by its path relative to the list, and what is spoken in it."""

    audio: str
    text: str
    language: str


def main(
    bundle: Annotated[Path, typer.Argument(help="Folder of an aligner's bundle; its manifest is rewritten.")],
    calibrate_on: Annotated[
        Path, typer.Option("--calibrate-on", metavar="LIST", help="JSON lines with audio, text, language.")
    ],
) -> None:
    """Align right texts and write into the manifest how sure the model is of them. Sign the bundle anew."""
    try:
        typer.echo(calibrate(bundle, calibrate_on))
    except EdgeAsrError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from error


def calibrate(folder: Path, corpus: Path) -> MatchSpec:
    """Measure the figures of a bundle on right texts and write them into its manifest.

    Raises:
        UsageError: the list holds no recording.
        EdgeAsrError: the bundle cannot be loaded, or a recording cannot be aligned.
    """
    rows = [line for line in corpus.read_text("utf-8").splitlines() if line.strip()]
    if not rows:
        raise UsageError(f"{corpus}: no recordings in the list. Give one JSON object a line.")
    texts = [msgspec.json.decode(row, type=RightText) for row in rows]
    with Aligner.load(folder) as aligner:
        manifest = aligner.bundle.manifest
        words = [aligner.align(corpus.parent / one.audio, one.text, one.language).words for one in texts]
    spec = match_spec(words)
    _write(folder, manifest, spec)
    return spec


def match_spec(texts: Sequence[Sequence[Word]]) -> MatchSpec:
    """Return the figures of right texts, each given by its words.

    The smallest score is that of the default unless more than one in a hundred of them lies below it.
    """
    confidence = median(mean(word.confidence or 0.0 for word in words) for words in texts)
    confidence = max(_LOWEST, confidence)
    scores = [match_score(words, confidence) for words in texts]
    lowest = quantiles(scores, n=_FALSE_ALARMS)[0] if len(scores) >= _FALSE_ALARMS else min(scores)
    return MatchSpec(
        confidence=round(confidence, 4),
        min_score=round(max(_LOWEST, min(DEFAULT_MATCH.min_score, lowest)), 4),
    )


def _write(folder: Path, manifest: Manifest, spec: MatchSpec) -> None:
    aligner = msgspec.structs.replace(manifest.require_aligner(), match=spec)
    data = encode(msgspec.structs.replace(manifest, aligner=aligner))
    (folder / MANIFEST_NAME).write_bytes(data)
    (folder / DIGEST_NAME).write_text(digest_line(hashlib.sha256(data).hexdigest()), "ascii")


if __name__ == "__main__":
    typer.run(main)
