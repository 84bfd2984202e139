"""Outputs of the reference: stored between stages, and without their logits in the bundle."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from edge_runtime.bundle.golden import AlignerGolden, Golden

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge_runtime.arrays import Array


@dataclass(frozen=True, slots=True)
class ReferenceOutput(Golden):
    """Output of the reference recognizer for one waveform.

    Attributes:
        logits: after the prompt and after every token but the last, shape (S, V).
    """

    logits: Array


@dataclass(frozen=True, slots=True)
class AlignerReferenceOutput(AlignerGolden):
    """Output of the reference aligner for one waveform and one text.

    Attributes:
        logits: of the timestamp slots, shape (num_slots, C).
    """

    logits: Array


Output = TypeVar("Output", ReferenceOutput, AlignerReferenceOutput)


def save_output(path: Path, output: ReferenceOutput | AlignerReferenceOutput) -> None:
    """Write all arrays to an .npz file."""
    np.savez(path, **{field.name: getattr(output, field.name) for field in fields(output)})


def load_output(path: Path, kind: type[Output]) -> Output:
    """Read what `save_output` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return kind(**{field.name: arrays[field.name] for field in fields(kind)})


def write_golden(path: Path, outputs: Sequence[object], kind: type[Golden | AlignerGolden]) -> None:
    """Write `INDEX/KEY` for every output and every key of `kind`, so that a device can test itself alone.

    Logits, most of the bytes, are no key of `kind` and not written.
    """
    keys = [field.name for field in fields(kind)]
    arrays = {f"{index}/{key}": getattr(output, key) for index, output in enumerate(outputs) for key in keys}
    np.savez(path, **arrays)
