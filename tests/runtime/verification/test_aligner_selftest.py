"""An aligner's bundle against its stored answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.bundle.bundle import Bundle, open_bundle, read_manifest
from edge_runtime.bundle.golden import GOLDEN_NAME
from edge_runtime.verification.selftest import open_selftest
from tests.support.tiny_aligner import write_tiny_aligner
from tests.support.tiny_bundle import seal

STAGES = ["features", "encoder", "logprobs", "classes"]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_tiny_aligner(tmp_path / "aligner")


def failed(bundle: Bundle) -> dict[str, float]:
    """Return the stages that fail, with their differences."""
    results = list(open_selftest(bundle).run())
    assert [result.stage for result in results] == STAGES
    return {result.stage: result.difference for result in results if not result.passed}


def with_answers(directory: Path, name: str, change: Callable[[Array], Array]) -> Bundle:
    """Store other answers in a bundle."""
    path = directory / GOLDEN_NAME
    with np.load(path) as stored:
        arrays = dict(stored)
    (key,) = (key for key in arrays if key.endswith(f"/{name}"))
    arrays[key] = change(arrays[key])
    np.savez(path, **arrays)
    return open_bundle(seal(directory, read_manifest(directory).manifest))


def test_a_sound_aligner_passes_every_stage(directory: Path) -> None:
    assert failed(open_bundle(directory)) == {}


def test_each_class_that_differs_is_counted(directory: Path) -> None:
    assert failed(with_answers(directory, "class_ids", lambda ids: ids + (np.arange(len(ids)) < 2))) == {
        "classes": 2.0
    }


def test_a_log_probability_that_differs_fails_its_stage_alone(directory: Path) -> None:
    apart = failed(with_answers(directory, "logprobs", lambda logprobs: logprobs - np.float32(1)))
    assert apart == {"logprobs": pytest.approx(1.0)}


def test_an_aligner_that_is_late_fails_by_its_classes(directory: Path, tmp_path: Path) -> None:
    late = write_tiny_aligner(tmp_path / "late", late_from=1)
    (directory / "aligner.onnx").write_bytes((late / "aligner.onnx").read_bytes())
    assert list(failed(open_bundle(seal(directory, read_manifest(directory).manifest)))) == ["classes"]
