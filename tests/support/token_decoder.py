"""A decoder in NumPy, in both lowerings: each token depends on the order of all ids before it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.bundle.specs import TensorSpec
from tests.support.fake_session import Compute
from tests.support.manifests import DECODER_COMPONENT

LEGACY_DECODER = msgspec.structs.replace(
    DECODER_COMPONENT,
    lowering="legacy",
    outputs=(
        *DECODER_COMPONENT.outputs[:2],
        TensorSpec(name="delta", dtype="float32", shape=("batch", 2, "sequence", 1)),
    ),
)


def answer(inputs: Mapping[str, Array], before: Array) -> dict[str, Array]:
    """Give a token, a score and a margin after each scored token, which depend on all ids so far."""
    last, ids = inputs["last_index"], inputs["input_ids"][0]
    texts = [[*before.astype(np.int64), *ids[: end + 1]] for end in last.ravel().tolist()]
    tokens = [sum((i + 1) * int(id_) for i, id_ in enumerate(seen)) % 97 for seen in texts]
    counts = np.array([len(seen) for seen in texts]).reshape(last.shape)
    return {
        "next_token": np.array(tokens).reshape(last.shape),
        "logprob": -counts.astype(np.float32),
        "margin": np.where(counts % 7 == 3, 0.1, 3.0).astype(np.float32),
    }


def modern(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    start, ids = int(inputs["cache_len"][0]), inputs["input_ids"][0]
    keys = inputs["past_key_0"].copy()
    outputs = answer(inputs, keys[0, 0, :start, 0])
    keys[0, 0, start : start + len(ids), 0] = ids
    return {**outputs, "present_key_0": keys, "present_value_0": inputs["past_value_0"]}


def legacy(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    ids = inputs["input_ids"].astype(np.float32)
    outputs = answer(inputs, inputs["past_key_0"][0, 0, : int(inputs["cache_len"][0]), 0])
    return {**outputs, "delta": np.stack([ids, -ids], 1)[..., None]}


def doubting(compute: Compute) -> Compute:
    """Return what gives another token where it is close and the call has several tokens or sequences."""

    def outputs(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        actual = dict(compute(inputs))
        is_shared = len(inputs["input_ids"]) > 1 or inputs["last_index"].shape[-1] > 1
        actual["next_token"] = actual["next_token"] + (is_shared & (actual["margin"] < 0.5))
        return actual

    return outputs


def batched(compute: Compute, *shared_inputs: str) -> Compute:
    """Return what computes a decoder for each sequence of a batch by itself."""
    without_batch = {"audio_embeds", *shared_inputs}

    def outputs(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        shared = {name: array for name, array in inputs.items() if name in without_batch}
        rows = [
            compute(shared | {name: array[i : i + 1] for name, array in inputs.items() if name not in shared})
            for i in range(len(inputs["input_ids"]))
        ]
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    return outputs
