"""Buffers of a decoder: one set at the largest shapes, without the cache."""

from __future__ import annotations

import pytest

from edge_export.engine.device_table import DEVICES, configs, default_plan
from edge_export.engine.io_memory import io_bytes
from edge_runtime.bundle.specs import DimRange, EngineProfile, TensorSpec


def _profile(**sizes: int) -> EngineProfile:
    return EngineProfile(
        name="p", dims={name: DimRange(min=1, opt=1, max=size) for name, size in sizes.items()}
    )


def test_each_tensor_counts_at_the_profile_in_which_it_is_largest() -> None:
    tensors = (
        TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),
        TensorSpec(name="audio_embeds", dtype="bfloat16", shape=("audio_tokens", 3)),
    )
    prefill = _profile(batch=1, sequence=100, audio_tokens=10)
    step = _profile(batch=8, sequence=2, audio_tokens=1)
    assert io_bytes(tensors, (prefill, step)) == 100 * 8 + 10 * 3 * 2


@pytest.mark.parametrize("name", ["past_key_0", "present_value_27"])
def test_the_cache_has_memory_of_its_own(name: str) -> None:
    assert io_bytes((TensorSpec(name=name, dtype="float16", shape=("batch", 8)),), (_profile(batch=4),)) == 0


def test_buffers_of_every_device_take_less_than_seventy_megabytes() -> None:
    for device in DEVICES:
        for config in configs().values():
            plan = default_plan(device, config)
            if config.kind != "asr":
                continue
            spec, record = plan.export.spec("decoder", config), plan.records["decoder"]
            assert io_bytes((*spec.inputs, *spec.outputs), record.profiles) < 70e6
