"""How long a decoder's step and an aligner's pass take on the device that compiled the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from edge_export.compile import timing
from edge_export.compile.timing import call_time, pass_seconds, step_seconds, timed_case
from edge_runtime.arrays import Array
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.portable import open_portable
from edge_runtime.model.aligner_prompt import build_align_prompt
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from edge_runtime.verification.engine_cases import EngineCase
from tests.export.compile.device import compiled
from tests.export.compile.portable import BUCKETS, FakeBuilderLibrary
from tests.export.conftest import Lines
from tests.support.fake_session import FakeSession
from tests.support.manifests import HIDDEN_SIZE, PROMPT, make_manifest
from tests.support.tiny_aligner import ALIGNER_COMPONENT, aligner_spec
from tests.support.token_decoder import legacy


def test_the_times_of_a_step_on_this_device_are_kept_in_the_bundle(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {rows: 0.0125 * rows for rows in BUCKETS}
    monkeypatch.setattr(timing, "step_seconds", lambda _, __, prompt: times[prompt.num_cache_rows])
    lines = Lines()
    bundle = open_bundle(compiled(portable, lines).bundle)
    trials = json.loads(bundle.path("trials.json").read_text("utf-8"))
    assert trials["decoder"][-1]["step_ms"] == 400
    assert trials["decoder"][-1]["step_ms_by_rows"] == {"32": 400, "96": 1200}
    assert "decoder: a step takes 400.00 ms with 32 rows, 1200.00 ms with 96 rows" in lines.progressed
    engine = bundle.component("decoder").engine
    assert engine is not None
    assert engine.call_ms == 400, "the fewest rows"
    assert compiled(portable).status == "up_to_date", "a figure is no request"


def test_a_step_is_the_median_of_those_after_the_first(portable: Path) -> None:
    graphs = open_portable(portable).graphs
    prompt = DecoderInput(build_prompt(PROMPT, 0), np.ones((0, 4), np.float32), 56)
    times = iter([0.0, 9.0] * 8 + [1.0, 3.0] * 24 + [1.0, 4.0] * 23 + [0.0, 99.0])
    session = FakeSession(graphs.component("decoder"), legacy)
    assert step_seconds(session, graphs.manifest, prompt, lambda: next(times)) == 2.5
    assert next(times, None) is None


def pass_case(name: str, units: int) -> EngineCase:
    prompt = build_align_prompt(aligner_spec(), 2, [[5]] * units)
    inputs = {"prompt_ids": prompt.ids, "audio_embeds": np.zeros((2, HIDDEN_SIZE), np.float32)}
    return EngineCase("aligner", name, inputs, {}, 0.0)


def classes(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
    slots = feeds["slot_index"]
    return {"class_id": slots, "logprob": np.zeros(slots.shape, np.float32)}


def test_an_aligner_is_timed_by_the_median_of_its_passes_over_the_longest_case() -> None:
    manifest = make_manifest(kind="aligner", decoder=None, aligner=aligner_spec())
    case = timed_case([pass_case("short", 1), pass_case("long", 3)], "aligner")
    assert case is not None
    assert case.name == "long"
    session = FakeSession(ALIGNER_COMPONENT, classes)
    times = iter([0.0, 90.0] * 2 + [1.0, 3.0] * 4 + [1.0, 4.0] * 3 + [0.0, 99.0])
    assert pass_seconds(session, manifest, case, lambda: next(times)) == 2.5
    assert next(times, None) is None
    assert {feeds["slot_index"].shape for feeds in session.feeds} == {(1, 6)}
    timed = call_time(session, manifest, case)
    assert set(timed.as_json()) == {"pass_ms"}, "it reads no cache"
    assert timed_case([case], "encoder") is None
