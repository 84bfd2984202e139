"""Buffers of a decoder: one set at the largest shapes, without the cache."""

from __future__ import annotations

import pytest

from edge_runtime.bundle.specs import DimRange, EngineProfile, TensorSpec
from edge_runtime.model.io_memory import io_bytes, mirror_bytes


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


@pytest.mark.parametrize("name", ["past", "past_key_0", "present_value_27"])
def test_the_cache_has_memory_of_its_own(name: str) -> None:
    assert io_bytes((TensorSpec(name=name, dtype="float16", shape=("batch", 8)),), (_profile(batch=4),)) == 0


def test_new_rows_of_the_cache_have_no_mirror_on_the_host() -> None:
    tensors = tuple(
        TensorSpec(name=name, dtype="float16", shape=("batch", 8)) for name in ("delta", "logprob")
    )
    assert io_bytes(tensors, (_profile(batch=4),)) == 2 * 4 * 8 * 2
    assert mirror_bytes(tensors, (_profile(batch=4),)) == 4 * 8 * 2
