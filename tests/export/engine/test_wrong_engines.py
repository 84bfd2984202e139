"""Engines with wrong outputs are built again with another policy, or not installed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_export.engine import stages
from edge_export.engine.selftest.trial import Trial
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.errors import EngineMismatchError
from edge_runtime.verification.engine_cases import CaseResult
from tests.export.conftest import Lines

pytest.importorskip("tensorrt_rtx")


class WrongTrials:
    """Engines with wrong outputs until attention has the right policy."""

    def __init__(self, passing: str) -> None:
        self.passing = passing

    def __call__(self, manifest: Any, cases: Any, _: Any) -> WrongTrials:
        self.lowering = next(iter(manifest.components.values())).lowering
        self.cases = cases
        return self

    def run_trial(self, component: str, _: Path, attention: Any) -> Trial:
        passes = self.passing in (attention, self.lowering)
        results = [
            CaseResult(component, case.name, 0.0 if passes else 9.0, case.tolerance)
            for case in self.cases
            if case.component == component
        ]
        return Trial(attention, tuple(results))


def _built_where(options: BuildOptions, passing: str, output: Path, reporter: Lines) -> Bundle:
    expected = replace(options, output=output, attention="fused" if passing == "decomposable" else None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "make_tester", WrongTrials(passing))
        built = open_bundle(build(expected, reporter).bundle)
        assert build(expected, reporter).status == "up_to_date", (
            "what a self-test changed is no other request"
        )
    return built


@pytest.mark.slow
def test_wrong_engines_are_built_again_from_graphs_that_spell_attention_out(
    options: BuildOptions, tmp_path: Path
) -> None:
    lines = Lines()
    built = _built_where(options, "legacy", tmp_path / "bundle", lines)
    assert {part.lowering for part in built.manifest.components.values()} == {"legacy", "numpy"}
    record = built.component("decoder").engine
    assert record is not None
    assert {"lowering=legacy", "instead_of:lowering=modern"} <= set(record.flags)
    assert any("Trying graphs that spell attention out" in line for line in lines.warned)


@pytest.mark.slow
def test_engines_that_are_wrong_however_they_are_built_are_not_installed(
    options: BuildOptions, tmp_path: Path
) -> None:
    output = tmp_path / "bundle"
    with pytest.raises(EngineMismatchError, match=r"answers otherwise than its graph.*Nothing was installed"):
        _built_where(options, "never", output, Lines())
    assert not output.exists()
