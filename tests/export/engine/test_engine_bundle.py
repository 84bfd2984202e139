"""Bundles of engines: contents, refusals, and builds that are stopped or repeated."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from edge_export.engine.record import engines_key
from edge_export.engine.selftest import tested
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.backends.device import why_unusable
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.errors import BackendUnavailableError, ChecksumError, ExitCode
from edge_runtime.verification.engine_cases import max_difference, read_cases
from edge_runtime.verification.engine_check import check_engines
from tests.export.conftest import Lines
from tests.export.engine.conftest import BUCKETS, CAPACITY, RECIPES
from tests.export.support.stopped_builds import Killed, killed_when_it_begins

pytest.importorskip("tensorrt_rtx")

GRAPH_STAGES = ("tokenizer", "vad", "encoder", "decoder", "reference", "parity", "answers")


@pytest.fixture(scope="module")
def history(options: BuildOptions) -> dict[str, Any]:
    """A build that is killed at the decoder's engine, one that goes on, and one that finds nothing to do."""
    first = Lines()
    real = tested.build_engine

    def killed(library: Any, request: Any, *rest: Any) -> Any:
        if request.component == "decoder":
            raise Killed
        return real(library, request, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tested, "build_engine", killed)
        with pytest.raises(Killed):
            build(options, first)
    left = [path.name for path in options.output.parent.iterdir()]
    return {"first": first, "left": left, "second": build(options, Lines()), "third": build(options, Lines())}


@pytest.fixture(scope="module")
def bundle(history: dict[str, Any]) -> Bundle:
    return open_bundle(history["second"].bundle)


def test_a_stopped_build_installs_nothing_and_goes_on_with_the_engines(history: dict[str, Any]) -> None:
    assert "tiny" not in history["left"]
    assert history["second"].reused == GRAPH_STAGES
    assert (history["second"].status, history["third"].status) == ("built", "up_to_date")


def test_what_was_chosen_is_reported_with_its_reason(history: dict[str, Any]) -> None:
    lines = history["first"].progressed
    assert any(line.startswith("lowering modern: tensorrt-rtx 1.") for line in lines)
    assert any(line.startswith("recipe ") and "small.toml: " in line for line in lines)
    assert any("GB of memory" in line for line in lines), "memory is stated"


def test_a_bundle_holds_plans_and_no_graphs_but_the_detector(bundle: Bundle) -> None:
    assert set(bundle.manifest.files) == {
        *("encoder.plan", "decoder.plan", "vad.onnx", "vad.LICENSE"),
        *("answers.npz", "golden.npz", "parity.json", "tokenizer.json", "trials.json"),
    }
    assert {name: part.graph for name, part in bundle.manifest.components.items()} == {
        "encoder": "encoder.plan",
        "decoder": "decoder.plan",
        "vad": "vad.onnx",
    }


def test_the_graphs_were_proven_with_their_fixed_cache(bundle: Bundle) -> None:
    report = json.loads(bundle.path("parity.json").read_text("utf-8"))
    assert report["tokens_identical"] == report["tokens_total"] > 0
    decoder = bundle.component("decoder")
    assert {tensor.shape[2] for tensor in decoder.inputs if tensor.name.startswith("past_")} == {CAPACITY}


def test_the_manifest_bounds_requests_by_the_profiles(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert manifest.decoder is not None
    assert manifest.decoder.kv_capacity == CAPACITY
    assert manifest.limits.max_positions == CAPACITY
    assert manifest.limits.max_new_tokens == CAPACITY
    assert manifest.limits.prefill_chunk == 128
    assert manifest.limits.encoder_batch == 4


def test_the_record_says_what_the_engines_were_built_from_and_for(bundle: Bundle) -> None:
    record = bundle.component("decoder").engine
    assert record is not None
    assert (record.builder, record.compute_capabilities, record.gpu) == ("tensorrt-rtx", ("8.6",), None)
    assert record.version == sys.modules["tensorrt_rtx"].__version__
    steps = [f"step-{rows}" for rows in (*BUCKETS, CAPACITY)]
    assert [profile.name for profile in record.profiles] == ["prefill", *steps, "step-draft"]
    assert set(record.onnx) == {"decoder.onnx", "decoder.onnx.data"}
    encoder = bundle.component("encoder").engine
    assert encoder is not None
    assert encoder.kv_capacity is None
    tokens = encoder.profiles[0].dims["tokens"]
    assert (tokens.min, tokens.opt, tokens.max) == (13, 104, 104), "a second is 13 tokens"


def test_engines_that_cannot_be_run_here_say_so_in_their_trials(bundle: Bundle) -> None:
    if why_unusable("tensorrt-rtx") is None:
        pytest.skip("there is a driver")
    trials = json.loads(bundle.path("trials.json").read_text("utf-8"))
    assert trials.keys() == {"encoder", "decoder"}
    for (trial,) in trials.values():
        assert (trial["attention"], trial["verdict"]) == ("decomposable", "not run")
        assert "No usable NVIDIA driver or GPU" in trial["reason"]


def test_the_stored_cases_reach_the_last_row_and_poison_the_rest(bundle: Bundle) -> None:
    cases = {(case.component, case.name): case for case in read_cases(bundle.path("answers.npz"))}
    assert {name for of, name in cases if of == "decoder"} == {
        *("prefill", "short_prefix", "growing_prefix", "long_prefix", "poisoned_tail", "draft"),
    }
    assert len(cases["decoder", "long_prefix"].inputs["ids"]) == CAPACITY
    short, poisoned = cases["decoder", "short_prefix"], cases["decoder", "poisoned_tail"]
    assert max_difference(short.expected, poisoned.expected) == 0, "rows that do not count change nothing"
    windows = cases["encoder", "windows"].inputs["log_mel"].shape[1]
    assert windows > bundle.manifest.limits.encoder_batch * bundle.manifest.encoder.window_frames


def test_a_bundle_whose_engines_fail_is_refused_on_a_machine_without_a_driver(bundle: Bundle) -> None:
    if why_unusable("tensorrt-rtx") is None:
        pytest.skip("there is a driver")
    with pytest.raises(BackendUnavailableError, match="No usable NVIDIA driver or GPU"):
        check_engines(bundle)


def test_a_manifest_of_engines_fits_the_published_schema(bundle: Bundle) -> None:
    schema = json.loads((RECIPES.parent / "manifest.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((bundle.directory / "manifest.json").read_text("utf-8")), schema)


def test_a_plan_with_one_byte_changed_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(bundle.directory, tmp_path / "damaged"))
    plan = bytearray((damaged / "decoder.plan").read_bytes())
    plan[len(plan) // 2] ^= 1
    (damaged / "decoder.plan").write_bytes(plan)
    with pytest.raises(ChecksumError, match=r"decoder\.plan: changed since it was built") as caught:
        open_bundle(damaged)
    assert caught.value.exit_code == ExitCode.BUNDLE


@pytest.mark.parametrize(
    "change", [{"capabilities": ("8.6", "8.9")}, {"recipe": "rtx"}], ids=["other GPUs", "other recipe"]
)
def test_engines_for_something_else_are_not_taken_for_up_to_date(
    options: BuildOptions, history: dict[str, Any], change: dict[str, Any]
) -> None:
    with pytest.raises(Killed):
        build(replace(options, **change), killed_when_it_begins())


def test_the_key_depends_on_the_record_and_not_on_the_graphs(bundle: Bundle) -> None:
    record = bundle.component("decoder").engine
    assert record is not None
    key = engines_key({"decoder": record})
    assert engines_key({"decoder": msgspec.structs.replace(record, onnx={"decoder.onnx": "0"})}) == key
    assert engines_key({"decoder": msgspec.structs.replace(record, version="1.8")}) != key
