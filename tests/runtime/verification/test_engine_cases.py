"""Cases that an engine is tried on: how they are stored, and what counts as another answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_runtime.errors import BundleError
from edge_runtime.verification.engine_cases import (
    max_difference,
    read_cases,
    write_cases,
)
from tests.runtime.verification.engine_bundle import make_cases


def test_cases_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = sorted(make_cases(), key=lambda case: case.name)
    write_cases(tmp_path / "cases.npz", written)
    for actual, case in zip(read_cases(tmp_path / "cases.npz"), written, strict=True):
        assert (actual.component, actual.name, actual.tolerance) == (
            case.component,
            case.name,
            case.tolerance,
        )
        assert max_difference(actual.expected, case.expected) == 0
        assert actual.inputs.keys() == case.inputs.keys()


def test_damaged_cases_are_reported(tmp_path: Path) -> None:
    (tmp_path / "cases.npz").write_bytes(b"PK")
    with pytest.raises(BundleError, match="not readable as stored answers"):
        read_cases(tmp_path / "cases.npz")


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ({"token_ids": [1, 2], "logprobs": [-1.0, -2.5]}, 0.5),
        ({"token_ids": [1, 9], "logprobs": [-1.0, -2.0]}, 0.0),
        ({"token_ids": [8, 9], "logprobs": [-1.0, -2.0]}, np.inf),
        ({"token_ids": [1], "logprobs": [-1.0]}, np.inf),
    ],
)
def test_a_tie_may_go_either_way_and_other_tokens_may_not(actual: dict[str, Any], expected: float) -> None:
    stored = {"token_ids": np.array([1, 2]), "logprobs": np.array([-1.0, -2.0])}
    assert max_difference({name: np.array(values) for name, values in actual.items()}, stored) == expected
