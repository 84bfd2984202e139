"""The reference's answers that travel with a bundle, so that a device can test itself alone."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge_runtime.bundle.golden import AlignerGolden, Golden


def write_golden(path: Path, outputs: Sequence[object], kind: type[Golden | AlignerGolden]) -> None:
    """Write `INDEX/KEY` for every answer and every key of `kind`; logits, the bulk of it, stay behind."""
    keys = [field.name for field in fields(kind)]
    arrays = {f"{index}/{key}": getattr(output, key) for index, output in enumerate(outputs) for key in keys}
    np.savez(path, **arrays)
