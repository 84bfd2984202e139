"""How long a step takes on the device that compiled it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_export.compile import component as components
from edge_export.compile.timing import step_seconds
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.portable import open_portable
from edge_runtime.verification.engine_cases import read_cases
from tests.export.compile.device import compiled
from tests.export.compile.portable import FakeBuilderLibrary
from tests.export.conftest import Lines
from tests.support.fake_session import FakeSession
from tests.support.token_decoder import legacy


def test_the_time_of_a_step_on_this_device_is_kept_in_the_bundle(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "step_seconds", lambda *_: 0.0125)
    lines = Lines()
    bundle = open_bundle(compiled(portable, lines).bundle)
    trials = json.loads(bundle.path("trials.json").read_text("utf-8"))
    assert trials["decoder"][-1]["step_ms"] == 12.5
    assert "decoder: a step takes 12.50 ms" in lines.progressed


def test_a_step_is_the_median_of_those_after_the_first(portable: Path) -> None:
    graphs = open_portable(portable).graphs
    (case, *_) = read_cases(graphs.path("answers.npz"))
    times = iter([0.0, 9.0] * 8 + [1.0, 3.0] * 24 + [1.0, 4.0] * 23 + [0.0, 99.0])
    session = FakeSession(graphs.component("decoder"), legacy)
    assert step_seconds(session, graphs.manifest, case, lambda: next(times)) == 2.5
    assert next(times, None) is None
