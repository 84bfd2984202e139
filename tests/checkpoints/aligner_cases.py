"""Forced aligners of odd classes, times and files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from tests.checkpoints.case import Case, Made
from tests.checkpoints.folder import cast, edit, rename, write


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield Case("aligner, 300 classes of 80 ms", lambda root: _aligner(root, 300, 80))
    yield Case("aligner, 777 classes of 40 ms", lambda root: _aligner(root, 777, 40))
    yield Case("aligner, 1501 classes of 62.5 ms, window of 6 s, float16", _odd)
    yield Case("aligner, no segment time", lambda root: _aligner(root, 300, None))
    yield Case("aligner, original layout, 40 ms, two shards", _original)
    yield Case("aligner without model.", _without_prefix)


def _aligner(root: Path, num_classes: int, bin_ms: float | None) -> Made:
    folder = write(root / "hf", num_classes=num_classes)
    edit(folder, file="processor_config.json", timestamp_segment_time=bin_ms)
    return Made(folder, folder, bin_ms=bin_ms or 80)


def _odd(root: Path) -> Made:
    folder = write(root / "hf", num_classes=1501, audio={"window_frames": 600}, text={"num_layers": 1})
    cast(folder, torch.float16)
    edit(folder, file="processor_config.json", timestamp_segment_time=62.5)
    return Made(folder, folder, bin_ms=62.5)


def _original(root: Path) -> Made:
    folder = write(root / "original", "original", num_classes=300, shards=2)
    edit(folder, timestamp_segment_time=40)
    return Made(folder, write(root / "hf", num_classes=300), bin_ms=40)


def _without_prefix(root: Path) -> Made:
    folder = rename(write(root / "renamed", num_classes=300), "model.", "")
    return Made(folder, write(root / "hf", num_classes=300), bin_ms=80)
