"""Every device class gets a plan from the default command, and the next precision where one fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_export.checkpoint.released import RELEASED
from edge_export.engine.device_table import DEVICES, Device, configs, default_plan, document
from edge_export.engine.ladder import HAZARDS
from edge_export.engine.memory import has_shared_memory
from edge_export.engine.plan import EngineOptions, EnginePlan, plan_for
from edge_export.engine.platforms import find_platform
from edge_export.engine.record import engines_key
from edge_export.pipeline.fallback import next_attempt
from edge_export.pipeline.job import BuildOptions, plan_build
from edge_runtime.errors import EngineMismatchError, GraphError, ResourceError

ROOT = Path(__file__).parents[3]
CONFIGS = configs()
NANO = Device("Orin Nano", "10.3.0", "8.7", 7.4)
NX = Device("Orin NX", "10.16.2", "8.7", 15.7)


def summary(plan: EnginePlan) -> tuple[str, str, str]:
    return plan.recipe, plan.export.lowering, plan.export.precision


@pytest.mark.parametrize("model", CONFIGS)
@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_every_default_command_yields_a_plan_that_fits_the_board(device: Device, model: str) -> None:
    plan = default_plan(device, CONFIGS[model])
    rung = plan.ladder[plan.rung]
    assert rung.obstacle is None
    assert rung.run_memory <= plan.usable_memory
    gpu = device.machine.gpu
    if gpu is not None and has_shared_memory(gpu):
        assert rung.build_memory <= plan.usable_memory
    for component, record in plan.records.items():
        assert record.profiles, component


@pytest.mark.parametrize(
    ("device", "model", "expected"),
    [
        (NANO, "0.6b", ("orin-nano", "legacy", "int8")),
        (NANO, "1.7b", ("orin-nano", "legacy", "int4")),
        (NANO, "aligner", ("orin-nano", "legacy", "int8")),
        (Device("Orin NX", "10.3.0", "8.7", 15.7), "0.6b", ("orin-nx", "legacy", "int8")),
        (Device("AGX Orin", "10.3.0", "8.7", 61.4), "1.7b", ("agx-orin", "legacy", "fp16")),
        (Device("Thor", "10.13.3.9", "11.0", 122.8), "0.6b", ("thor", "legacy", "fp16")),
        (NX, "1.7b", ("orin-nx", "modern", "int8")),
        (Device("RTX 4090", "11.4.0", "8.9", 24.0), "1.7b", ("datacenter", "modern", "fp16")),
        (Device("RTX 2080", "11.4.0", "7.5", 8.0), "0.6b", ("generic", "modern", "fp16")),
        (Device("RTX 3060", "11.4.0", "8.6", 8.0), "1.7b", ("generic", "modern", "fp16")),
        (Device("RTX 3050", "11.4.0", "8.6", 6.0), "1.7b", ("generic", "modern", "int8")),
        (Device("GB10", "11.4.0", "12.1", 120.0), "1.7b", ("generic", "modern", "fp16")),
        (Device("of tomorrow", "11.9.0", "13.0", 48.0), "0.6b", ("generic", "modern", "fp16")),
    ],
)
def test_a_device_gets_recipe_lowering_and_precision(
    device: Device, model: str, expected: tuple[str, str, str]
) -> None:
    assert summary(default_plan(device, CONFIGS[model])) == expected


@pytest.mark.parametrize(("device", "layers"), [(NANO, "int8"), (NX, "float")])
def test_an_aligner_keeps_in_half_precision_what_decides_most_and_weighs_least(
    device: Device, layers: str
) -> None:
    options = EngineOptions("tensorrt", "int8")
    stored = plan_for(device.machine, options, CONFIGS["aligner"], lambda _: None).export.plan
    assert stored.scheme("aligner", "score.weight").weights == "float"
    assert stored.scheme("aligner", "language_model.embed_tokens.weight").weights == "int8"
    assert stored.scheme("encoder", "audio_tower.conv2d1.weight").weights == "float"
    assert stored.scheme("encoder", "audio_tower.layers.0.fc1.weight").weights == layers
    recognizer = default_plan(device, CONFIGS["0.6b"]).export.plan
    assert recognizer.scheme("encoder", "audio_tower.layers.0.fc1.weight").weights == "float"


def test_an_aligner_in_another_lowering_answers_the_same_request() -> None:
    modern, legacy = (
        plan_build(
            BuildOptions("mini-aligner", target="tensorrt", platform=find_platform(system, None, None)),
            lambda _: None,
        )
        for system in ("jetpack-7.2", "jetpack-6.2")
    )
    assert (modern.export.lowering, legacy.export.lowering) == ("modern", "legacy")
    files = modern.checkpoint.provenance.checkpoint_files
    assert legacy.checkpoint.provenance.checkpoint_files == files


def test_the_published_table_is_that_of_the_planner() -> None:
    assert (ROOT / "docs" / "devices.md").read_text("utf-8") == document()


def test_every_released_model_is_in_the_table() -> None:
    assert set(CONFIGS) == {"mini", *RELEASED}


@pytest.fixture
def ladder(tmp_path: Path) -> Path:
    """A recipe of Orin NX whose preferred precision has quantised activations."""
    path = tmp_path / "ladder.toml"
    text = (ROOT / "engines" / "recipes" / "orin-nx.toml").read_text("utf-8")
    path.write_text(text.replace('["int8", "fp16"]', '["int8-w8a8", "int8", "fp16"]'), "utf-8")
    return path


@pytest.mark.parametrize(
    ("version", "precision"), [("10.3.0", "int8-w8a8"), ("10.16.2", "int8"), ("11.4.0", "int8-w8a8")]
)
def test_a_precision_with_a_known_defect_is_passed_over_with_its_reason(
    ladder: Path, version: str, precision: str
) -> None:
    lines: list[str] = []
    machine = Device("Orin NX", version, "8.7", 15.7).machine
    plan = plan_for(machine, EngineOptions("tensorrt", recipe=str(ladder)), CONFIGS["0.6b"], lines.append)
    assert plan.export.precision == precision
    passed = [line for line in lines if "passed over" in line]
    assert len(passed) == (precision == "int8")
    assert all(HAZARDS[0].reason in line for line in passed)


def test_a_precision_that_the_user_names_is_never_replaced(ladder: Path) -> None:
    lines: list[str] = []
    options = EngineOptions("tensorrt", "int8-w8a8", recipe=str(ladder))
    plan = plan_for(NX.machine, options, CONFIGS["0.6b"], lines.append)
    assert (plan.export.precision, plan.next_rung) == ("int8-w8a8", None)
    assert any(line.startswith("precision int8-w8a8 may fail: ") for line in lines)


def _planned(rung: int = 0, **changes: object) -> EnginePlan:
    options = EngineOptions("tensorrt", first_rung=rung, **changes)  # type: ignore[arg-type]
    return plan_for(NX.machine, options, CONFIGS["0.6b"], lambda _: None)


def test_after_a_wrong_engine_come_primitives_and_then_the_next_precision() -> None:
    requested, error = BuildOptions("0.6b", target="tensorrt"), EngineMismatchError("wrong")
    first = next_attempt(requested, _planned(), error)
    assert first is not None
    assert (first.options.attention, first.options.is_fallback) == ("primitive", True)
    second = next_attempt(requested, _planned(attention="primitive", is_fallback=True), error)
    assert second is not None
    assert (second.options.attention, second.options.first_rung) == (None, 1)
    assert second.what == "precision fp16"
    assert next_attempt(requested, _planned(1, attention="primitive"), error) is None


def test_after_an_engine_that_cannot_be_built_comes_the_next_precision() -> None:
    requested = BuildOptions("0.6b", target="tensorrt")
    attempt = next_attempt(requested, _planned(), GraphError("Myelin"))
    assert attempt is not None
    assert attempt.options.first_rung == 1
    assert next_attempt(requested, _planned(), ResourceError("memory")) is None, "fp16 is larger"
    calibrated = BuildOptions("0.6b", target="tensorrt", rounding="nearest")
    assert next_attempt(calibrated, _planned(), GraphError("Myelin")) is None, "fp16 has nothing to round"


def test_a_build_in_the_next_precision_answers_the_same_request() -> None:
    first, second = _planned(), _planned(1)
    assert second.requested == first.requested == "int8"
    assert engines_key(second.records) == engines_key(first.records)
    flags = second.records["decoder"].flags
    assert {"precision=fp16", "instead_of:precision=int8"} <= set(flags)
