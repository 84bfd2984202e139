"""A stale engine is recognized by its record and refused with the command that builds it again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_runtime.backends.session import EngineEnvironment
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import DimRange, EngineProfile, EngineRecord
from edge_runtime.errors import BackendUnavailableError, ExitCode
from edge_runtime.verification.staleness import (
    driver_change,
    rebuild_command,
    require_fresh,
    stale_reasons,
)
from tests.support.manifests import DECODER_COMPONENT, ENCODER_COMPONENT, make_manifest

BUNDLE = Path("bundles/tiny.tensorrt.fp16")
STEP = EngineProfile(name="step", dims={"batch": DimRange(min=1, opt=1, max=1)})
RECORD = EngineRecord(
    builder="tensorrt",
    version="10.16.2.10",
    platform="linux-aarch64",
    compute_capabilities=("8.7",),
    gpu="Orin",
    multiprocessors=16,
    gpu_memory=64_300_000_000,
    driver="13.2",
    onnx={"decoder.onnx": "a" * 64, "decoder.onnx.data": "b" * 64},
    profiles=(STEP,),
    flags=("attention=decomposable",),
    kv_capacity=1024,
    recipe="orin-nano",
)
AHEAD = msgspec.structs.replace(
    RECORD,
    builder="tensorrt-rtx",
    version="1.7.1.116",
    compute_capabilities=("8.6", "8.9", "12.0"),
    gpu=None,
    multiprocessors=None,
    gpu_memory=None,
    driver=None,
    recipe="rtx",
)
FITTING: dict[str, Any] = {
    "builder": "tensorrt",
    "version": "10.16.2.10",
    "platform": "linux-aarch64",
    "compute_capability": "8.7",
    "gpu": "Orin",
    "multiprocessors": 16,
    "gpu_memory": 63_900_000_000,
    "driver": "13.2",
    "onnx": RECORD.onnx,
    "profiles": (STEP,),
}
WIDER = EngineProfile(name="step", dims={"batch": DimRange(min=1, opt=1, max=4)})


def _manifest(record: EngineRecord) -> Manifest:
    parts = {"encoder": ENCODER_COMPONENT, "decoder": DECODER_COMPONENT}
    components = {name: msgspec.structs.replace(part, engine=record) for name, part in parts.items()}
    return make_manifest(components=components, target=record.builder, precision="fp16")


def test_an_engine_fits_where_it_was_built_and_where_nothing_is_known() -> None:
    assert stale_reasons(RECORD, EngineEnvironment(**FITTING)) == ()
    assert stale_reasons(RECORD, EngineEnvironment()) == ()
    require_fresh(_manifest(RECORD), "decoder", EngineEnvironment(**FITTING), BUNDLE)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("builder", "tensorrt-rtx", "TensorRT library is 'tensorrt-rtx', it was built with 'tensorrt'"),
        ("version", "10.16.1.11", "tensorrt version is '10.16.1.11', it was built with '10.16.2.10'"),
        ("platform", "linux-x86_64", "platform is 'linux-x86_64', it was built with 'linux-aarch64'"),
        ("compute_capability", "11.0", "the GPU has compute capability 11.0, it was built for 8.7"),
        ("gpu", "Thor", "GPU is 'Thor', it was built with 'Orin'"),
        ("multiprocessors", 8, "the GPU has 8 multiprocessors, it was built with 16"),
        ("gpu_memory", 7_600_000_000, "the GPU has 7.6 GB of memory, it was built with 64.3 GB"),
        ("onnx", {**RECORD.onnx, "decoder.onnx": "c" * 64}, "the graph has changed (decoder.onnx)"),
        ("onnx", {"decoder.onnx": "a" * 64}, "the graph has changed (files were removed)"),
        ("profiles", (WIDER,), "its profiles are step(batch=1:1:1), wanted are step(batch=1:1:4)"),
    ],
)
def test_each_difference_is_named_alone(field: str, value: object, says: str) -> None:
    assert stale_reasons(RECORD, EngineEnvironment(**{**FITTING, field: value})) == (says,)


def test_a_record_without_the_size_of_the_gpu_fits_as_before() -> None:
    document = msgspec.to_builtins(RECORD)
    del document["multiprocessors"], document["gpu_memory"]
    older = msgspec.convert(document, EngineRecord)
    assert stale_reasons(older, EngineEnvironment(**{**FITTING, "multiprocessors": 8})) == ()


def test_another_driver_is_a_change_and_no_reason_to_refuse() -> None:
    actual = EngineEnvironment(**{**FITTING, "driver": "13.3"})
    assert stale_reasons(RECORD, actual) == ()
    assert driver_change(RECORD, actual) == "the driver supports CUDA 13.3, it was built with one for 13.2"
    assert driver_change(RECORD, EngineEnvironment(**FITTING)) is None
    assert driver_change(AHEAD, actual) is None


def test_a_stale_engine_is_refused_with_all_reasons_and_the_command() -> None:
    actual = EngineEnvironment(**{**FITTING, "version": "11.4.0", "gpu": "Orin NX"})
    with pytest.raises(BackendUnavailableError) as caught:
        require_fresh(_manifest(RECORD), "decoder", actual, BUNDLE)
    message = str(caught.value)
    assert "'11.4.0'" in message
    assert "'Orin NX'" in message
    assert message.endswith(
        "edge-asr build-engines tiny --target tensorrt --precision fp16 --recipe orin-nano "
        f"--output-dir {BUNDLE}"
    )
    assert caught.value.exit_code == ExitCode.BACKEND
    assert "\n" not in message


@pytest.mark.parametrize("gpu", ["GeForce RTX 4090", "GeForce RTX 4060"])
def test_an_engine_compiled_ahead_fits_every_gpu_of_its_capabilities_and_every_driver(gpu: str) -> None:
    actual = EngineEnvironment(compute_capability="8.9", gpu=gpu, driver="12.9", version="1.7.1.116")
    assert stale_reasons(AHEAD, actual) == ()


def test_the_command_adds_the_gpu_at_hand_to_those_compiled_for() -> None:
    actual = EngineEnvironment(compute_capability="7.5")
    assert stale_reasons(AHEAD, actual) == (
        "the GPU has compute capability 7.5, it was built for 8.6, 8.9, 12.0",
    )
    words = shlex.split(rebuild_command(_manifest(AHEAD), actual, Path("a folder")))
    assert words[words.index("--compute-capability") + 1] == "7.5,8.6,8.9,12.0"
    assert words[-1] == "a folder"


def test_the_command_repeats_recordings_rounding_and_adapter() -> None:
    plain = _manifest(RECORD)
    requested = msgspec.structs.replace(
        plain.provenance, calibrate_on="/my speech/list.jsonl", rounding="gptq", adapter="/my adapter"
    )
    calibrated = msgspec.structs.replace(plain, provenance=requested)
    words = shlex.split(rebuild_command(calibrated, EngineEnvironment(), BUNDLE))
    assert words[words.index("--calibrate-on") + 1] == "/my speech/list.jsonl"
    assert words[words.index("--rounding") + 1] == "gptq"
    assert words[words.index("--adapter") + 1] == "/my adapter"
    without = shlex.split(rebuild_command(plain, EngineEnvironment(), BUNDLE))
    assert not {"--calibrate-on", "--rounding", "--adapter"} & set(without)
