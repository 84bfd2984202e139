"""Memory that engines need at run time, as the planner states it."""

from __future__ import annotations

import pytest

from edge_export.engine.device_table import DEVICES, TOGETHER, Device, configs, default_plan
from edge_export.engine.memory import CONTEXT_BYTES, run_memory, together
from edge_runtime.model.io_memory import io_bytes, mirror_bytes

CONFIGS = configs()
NANOS = [device for device in DEVICES if device.name.startswith("Orin Nano")]


def test_buffers_of_every_device_take_less_than_seventy_megabytes() -> None:
    for device in DEVICES:
        for config in CONFIGS.values():
            plan = default_plan(device, config)
            if config.kind != "asr":
                continue
            spec, record = plan.export.spec("decoder", config), plan.records["decoder"]
            assert io_bytes((*spec.inputs, *spec.outputs), record.profiles) < 70e6


@pytest.mark.parametrize("model", CONFIGS)
@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_what_a_bundle_needs_has_its_buffers_and_on_shared_memory_their_mirrors(
    device: Device, model: str
) -> None:
    config = CONFIGS[model]
    plan = default_plan(device, config)
    tensors = {}
    for component, record in plan.records.items():
        spec = plan.export.spec(component, config)
        tensors[component] = ((*spec.inputs, *spec.outputs), record.profiles)
    mirrors = sum(mirror_bytes(*each) for each in tensors.values())
    separate = run_memory(config, plan.chosen, plan.export)
    shared = run_memory(config, plan.chosen, plan.export, shares_memory=True)
    assert shared - separate == pytest.approx(mirrors, abs=1)
    assert mirrors > 0
    is_shared = device.machine.gpu is not None and device.machine.gpu.compute_capability in (
        "8.7",
        "11.0",
        "12.1",
    )
    assert plan.ladder[plan.rung].run_memory == (shared if is_shared else separate)


def test_one_process_has_one_cuda_context() -> None:
    assert together([3_000_000_000]) == 3_000_000_000
    assert together([3_000_000_000, 2_000_000_000]) == 5_000_000_000 - CONTEXT_BYTES


@pytest.mark.parametrize("device", NANOS, ids=lambda device: device.name)
def test_recogniser_and_aligner_fit_an_orin_nano_together(device: Device) -> None:
    plans = [default_plan(device, CONFIGS[name]) for name in TOGETHER]
    rungs = [plan.ladder[plan.rung] for plan in plans]
    assert [rung.precision for rung in rungs] == ["int8", "int8"]
    assert together([rung.run_memory for rung in rungs]) <= 3.2e9
