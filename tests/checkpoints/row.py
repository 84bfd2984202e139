"""One row: make the folder, build it, compare with transformers, or hold the refusal to its words."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from edge_runtime.bundle.bundle import Bundle
from edge_runtime.errors import CheckpointError, EdgeAsrError
from tests.checkpoints.case import Case, Made
from tests.checkpoints.product import Aligner, Recognizer, build_bundle
from tests.checkpoints.reference import Transformers, clips

Pair = tuple[int | None, int | None]
"""An answer of transformers and ours; None where one of them has fewer."""

_MIN_DISTINCT = 5
"""Answers that hardly vary prove little."""


@dataclass(frozen=True)
class Row:
    """What came of a case."""

    name: str
    is_right: bool
    text: str


def make_row(case: Case, root: Path) -> Row:
    """Run a case in an empty folder."""
    try:
        made = case.make(root)
        if made.truth is None:
            return _refusal(case.name, made, root)
        return _comparison(case.name, made, made.truth, build_bundle(made, root / "bundle"))
    except Exception:  # noqa: BLE001 - a row that fails is a wrong row
        return Row(case.name, is_right=False, text=traceback.format_exc(limit=-2))


def _refusal(name: str, made: Made, root: Path) -> Row:
    try:
        build_bundle(made, root / "bundle")
    except EdgeAsrError as error:
        is_named = isinstance(error, CheckpointError) and bool(re.search(made.says, str(error), re.DOTALL))
        message = str(error).replace(f"{root}/", "")
        return Row(name, is_named, f"exit {int(error.exit_code)}: {message}")
    return Row(name, is_right=False, text="built, and was to be refused")


def _comparison(name: str, made: Made, truth: Path, bundle: Bundle) -> Row:
    is_aligner = bundle.manifest.kind == "aligner"
    pairs = list((_classes if is_aligner else _tokens)(made, truth, bundle))
    same, distinct = sum(theirs == ours for theirs, ours in pairs), len({theirs for theirs, _ in pairs})
    text = f"{same} of {len(pairs)} {'classes' if is_aligner else 'tokens'}, {distinct} distinct"
    if made.bin_ms is not None and bundle.manifest.require_aligner().bin_ms != made.bin_ms:
        return Row(name, is_right=False, text=f"{text}; classes of another width")
    return Row(name, is_right=same == len(pairs) and distinct >= _MIN_DISTINCT, text=text)


def _tokens(made: Made, truth: Path, bundle: Bundle) -> Iterator[Pair]:
    theirs, ours = Transformers(truth, is_aligner=False), Recognizer(bundle)
    for clip in clips():
        for language in (None, made.forces):
            yield from zip_longest(theirs.tokens(clip, language), ours.tokens(clip, language))


def _classes(_: Made, truth: Path, bundle: Bundle) -> Iterator[Pair]:
    theirs, ours = Transformers(truth, is_aligner=True), Aligner(bundle)
    for clip in clips():
        yield from zip_longest(theirs.classes(clip), ours.classes(clip))
