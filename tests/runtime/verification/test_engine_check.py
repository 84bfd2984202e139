"""Engines are tried on their stored cases once a machine, and refused where they are stale or wrong."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.backends.session import EngineEnvironment
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.errors import EngineMismatchError, ExitCode, StaleEngineError
from edge_runtime.opened_file import open_file
from edge_runtime.verification.engine_cases import (
    EXPECTED_NAME,
    write_cases,
)
from edge_runtime.verification.engine_check import check_engines
from edge_runtime.verification.verdict import VERDICT_NAME, read_verdict
from tests.runtime.verification.engine_bundle import RECORD, make_cases, manifest
from tests.support.fake_session import Compute, FakeSession
from tests.support.manifests import make_manifest
from tests.support.token_decoder import LEGACY_DECODER, legacy, modern

HERE = EngineEnvironment(
    builder="tensorrt",
    version="10.16.1.11",
    platform="linux-aarch64",
    compute_capability="8.7",
    gpu="Orin",
    driver="13.2",
)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    write_cases(tmp_path / EXPECTED_NAME, make_cases())
    answers = open_file(tmp_path / EXPECTED_NAME)
    return Bundle(tmp_path, manifest(), "f" * 64, {EXPECTED_NAME: answers})


class Engines:
    """Opens engines that compute as a function does, and counts."""

    def __init__(self, compute: Compute) -> None:
        self.compute = compute
        self.num_opened = 0

    def __call__(self, bundle: Bundle, name: str, options: object) -> FakeSession:
        self.num_opened += 1
        return FakeSession(bundle.manifest.components[name], self.compute)


def check(bundle: Bundle, engines: Engines, actual: EngineEnvironment = HERE, **options: bool) -> Any:
    return check_engines(bundle, describe=lambda *_: actual, open_graph=engines, **options)


def reading_beyond(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
    """Do as the decoder does, and see what lies in the rows that do not count."""
    outputs = dict(modern(feeds))
    start = int(feeds["cache_len"][0]) + feeds["input_ids"].shape[1]
    seen = np.float32(np.abs(feeds["past_value_0"][0, 0, start:]).sum() > 1e6)
    return {**outputs, "logprob": outputs["logprob"] - seen}


def fails_when_long(feeds: Mapping[str, Array], decoder: Compute = modern) -> Mapping[str, Array]:
    outputs = dict(decoder(feeds))
    return {**outputs, "logprob": outputs["logprob"] * (1 + (feeds["cache_len"] > 90))}


def test_right_engines_are_tried_once_and_their_verdict_is_stored(bundle: Bundle) -> None:
    engines = Engines(modern)
    assert check(bundle, engines).passed
    assert check(bundle, engines).passed
    assert engines.num_opened == 1
    stored = json.loads((bundle.directory / VERDICT_NAME).read_text("utf-8"))
    assert [case["case"] for case in stored["cases"]] == ["long_prefix", "poisoned_tail", "short_prefix"]
    assert (stored["library"], stored["gpu"]) == ("tensorrt 10.16.1.11", "Orin")


@pytest.mark.parametrize(
    ("compute", "case"), [(reading_beyond, "poisoned_tail"), (fails_when_long, "long_prefix")]
)
def test_an_engine_that_is_wrong_in_one_case_is_refused_with_what_may_help(
    bundle: Bundle, compute: Compute, case: str
) -> None:
    engines = Engines(compute)
    with pytest.raises(EngineMismatchError, match=f"decoder engine answers {case} otherwise") as caught:
        check(bundle, engines)
    assert "--attention primitive" in str(caught.value.rebuild)
    assert str(caught.value).endswith(str(caught.value.rebuild))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == ExitCode.CHECK_FAILED
    with pytest.raises(EngineMismatchError):
        check(bundle, engines)
    assert engines.num_opened == 1, "a verdict that was stored refuses as well"


def test_a_stale_engine_is_refused_before_it_is_opened(bundle: Bundle) -> None:
    engines = Engines(modern)
    with pytest.raises(
        StaleEngineError, match=r"'11\.4\.0'.*Build it again: edge-asr build-engines"
    ) as caught:
        check(bundle, engines, dataclasses.replace(HERE, version="11.4.0"))
    assert caught.value.rebuild.startswith("edge-asr build-engines tiny --target tensorrt")
    assert caught.value.exit_code == ExitCode.BACKEND
    assert engines.num_opened == 0


def test_another_bundle_driver_or_wish_is_a_new_trial(bundle: Bundle) -> None:
    engines = Engines(modern)
    check(bundle, engines)
    check(dataclasses.replace(bundle, manifest_sha256="e" * 64), engines)
    check(bundle, engines)
    check(bundle, engines, recheck=True)
    assert engines.num_opened == 4


def test_another_driver_is_a_warning_and_one_new_trial(
    bundle: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    engines = Engines(modern)
    newer = dataclasses.replace(HERE, driver="13.3")
    check(bundle, engines)
    assert not caplog.records
    for _ in range(3):
        assert check(bundle, engines, newer).passed
    assert engines.num_opened == 2
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "supports CUDA 13.3, it was built with one for 13.2; the engines' self-test runs" in caplog.text


def test_a_pipe_in_place_of_the_verdict_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / VERDICT_NAME)
    assert read_verdict(tmp_path) is None


def test_a_verdict_that_cannot_be_read_or_written_costs_a_trial_and_no_more(bundle: Bundle) -> None:
    engines = Engines(modern)
    (bundle.directory / VERDICT_NAME).mkdir()
    assert check(bundle, engines).passed
    assert read_verdict(bundle.directory) is None
    assert check(bundle, engines).passed
    assert engines.num_opened == 2


def test_quantized_engines_fall_back_to_primitives_too(bundle: Bundle) -> None:
    part = bundle.manifest.components["decoder"]
    quantized = msgspec.structs.replace(part, precision="int8")
    changed = dataclasses.replace(bundle, manifest=manifest(components={"decoder": quantized}))
    with pytest.raises(EngineMismatchError) as caught:
        check(changed, Engines(fails_when_long))
    assert "--attention primitive" in str(caught.value.rebuild)


def test_the_last_kind_of_attention_has_no_next(bundle: Bundle) -> None:
    part = msgspec.structs.replace(LEGACY_DECODER, graph="decoder.plan", engine=RECORD)
    changed = dataclasses.replace(bundle, manifest=manifest(components={"decoder": part}))
    with pytest.raises(
        EngineMismatchError, match="another TensorRT version, or for --target ort-cpu"
    ) as caught:
        check(changed, Engines(partial(fails_when_long, decoder=legacy)))
    assert caught.value.rebuild is None


def test_nothing_is_tried_of_a_bundle_of_graphs(tmp_path: Path) -> None:
    engines = Engines(modern)
    assert check(Bundle(tmp_path, make_manifest(), "f" * 64), engines) is None
    assert engines.num_opened == 0
