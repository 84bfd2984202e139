"""An engine with wrong outputs is built again with attention decomposed, and then refused."""

from __future__ import annotations

import pytest

from edge_export.engine.builder.lowering import AttentionPolicy
from edge_export.engine.selftest.trial import Trial, first_passing
from edge_runtime.errors import EngineMismatchError, ExitCode
from edge_runtime.verification.engine_cases import CaseResult


class Builds:
    """Builds and tries; outputs are right under the given policies."""

    def __init__(self, *passing: AttentionPolicy) -> None:
        self.passing = passing
        self.requested: list[AttentionPolicy] = []

    def __call__(self, attention: AttentionPolicy) -> Trial:
        self.requested.append(attention)
        difference = 0.01 if attention in self.passing else 3.0
        return Trial(attention, (CaseResult("decoder", "long_prefix", difference, 0.05),))


def test_a_right_engine_is_built_once() -> None:
    builds, lines = Builds("fused"), []
    assert [trial.attention for trial in first_passing("decoder", "fused", builds, lines.append)] == ["fused"]
    assert lines == ["decoder: self-test with attention fused: 1 cases passed"]


def test_a_wrong_fused_kernel_is_decomposed() -> None:
    builds, lines = Builds("decomposable"), []
    trials = first_passing("decoder", "fused", builds, lines.append)
    assert builds.requested == ["fused", "decomposable"]
    assert [trial.as_json()["verdict"] for trial in trials] == ["failed", "passed"]
    assert "long_prefix differs by 3, allowed 0.05" in lines[0]


@pytest.mark.parametrize("first", ["fused", "decomposable"])
def test_an_engine_that_is_never_right_is_refused_with_what_was_tried(first: AttentionPolicy) -> None:
    with pytest.raises(EngineMismatchError, match=f"with attention {first}.*long_prefix differs") as caught:
        first_passing("decoder", first, Builds(), lambda _: None)
    assert caught.value.exit_code == ExitCode.CHECK_FAILED
    assert "\n" not in str(caught.value)


def test_what_was_not_run_is_no_failure_and_says_why() -> None:
    trials = first_passing("encoder", "fused", lambda kind: Trial(kind, reason="no driver"), lambda _: None)
    assert [trial.as_json() for trial in trials] == [
        {"attention": "fused", "verdict": "not run", "reason": "no driver", "cases": []}
    ]
