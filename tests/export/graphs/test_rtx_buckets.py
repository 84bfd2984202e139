"""TensorRT-RTX compiles a decoder with buckets, and copies no row of the cache in a step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from edge_export.checkpoint.config import TextConfig
from edge_export.engine.builder.lowering import EngineLowering
from edge_export.engine.builder.profiles import input_shapes
from edge_export.engine.recipes.profiles import engine_profiles
from edge_export.engine.recipes.recipe import ModelRecipe, ProfileRecipe
from edge_export.graph_spec import GraphSpec
from edge_runtime.bundle.specs import DimRange, EngineProfile
from tests.export.support.rtx import tensorrt_rtx
from tests.export.support.written_graphs import WrittenGraphs

pytestmark = pytest.mark.slow

CAPACITY, BUCKETS = 4096, (512, 1024)
LONG_REASON = "A recipe of a test."
PROFILES = {
    "prefill": ProfileRecipe(
        reason=LONG_REASON, batch=(1, 1, 2), sequence=(1, 16, 64), audio_tokens=(1, 16, 64), scored=(1, 1, 1)
    ),
    "step": ProfileRecipe(
        reason=LONG_REASON, batch=(1, 1, 2), sequence=(1, 1, 8), audio_tokens=(1, 1, 1), scored=(1, 1, 8)
    ),
}


def profiles(graphs: WrittenGraphs) -> tuple[EngineProfile, ...]:
    chosen = ModelRecipe(
        reason=LONG_REASON,
        precision="fp16",
        profiles={"decoder": PROFILES},
        kv_capacity=CAPACITY,
        kv_buckets=BUCKETS,
    )
    return engine_profiles("decoder", chosen, graphs.config)


class WatchedBuild:
    """One build with TensorRT-RTX for SM 8.6: the plan, and what the log says of it."""

    def __init__(self, path: str, spec: GraphSpec, wanted: Sequence[EngineProfile]) -> None:
        trt: Any = tensorrt_rtx()
        lines: list[str] = []

        class Log(trt.ILogger):  # type: ignore[misc] # the library has no types
            def log(self, _: Any, message: str) -> None:
                lines.append(message)

        builder = trt.Builder(Log())
        network = builder.create_network(0)
        parser = trt.OnnxParser(network, Log())
        assert parser.parse_from_file(path), lines[-3:]
        for index in range(network.num_layers):
            layer = network.get_layer(index)
            if layer.type == trt.LayerType.ATTENTION_INPUT:
                layer.__class__ = trt.IAttentionInputLayer
                layer.attention.decomposable = True
        config = builder.create_builder_config()
        config.num_compute_capabilities = 1
        config.set_compute_capability(trt.ComputeCapability.SM86, 0)
        for profile in wanted:
            made = builder.create_optimization_profile()
            for name, shapes in input_shapes(profile, spec.inputs).items():
                made.set_shape(name, *shapes)
            config.add_optimization_profile(made)
        plan = builder.build_serialized_network(network, config)
        assert plan is not None, lines[-3:]
        self.num_bytes = plan.nbytes
        matches = (re.match(r"Max Scratch Memory: (\d+) bytes", line) for line in lines)
        self.scratch = [int(match[1]) for match in matches if match]
        """Bytes beside inputs and outputs, of each profile."""


def decoder(graphs: WrittenGraphs, lowering: EngineLowering) -> tuple[str, GraphSpec]:
    spec = graphs.spec("decoder", lowering, "float16", CAPACITY if lowering == "modern" else "kv_capacity")
    return str(graphs.path(spec)), spec


def one_step(wanted: Sequence[EngineProfile], rows: int) -> EngineProfile:
    """Return the profile of steps with so many rows, for one token of one sequence: its scores are small."""
    (profile,) = (each for each in wanted if each.name == f"step-{rows}")
    one = DimRange(min=1, opt=1, max=1)
    dims = {"batch": one, "sequence": one, "scored": one}
    return msgspec.structs.replace(profile, dims={**profile.dims, **dims})


def layer_row(text: TextConfig) -> int:
    """Return the bytes of keys and values of one token in one layer."""
    return 2 * text.num_kv_heads * text.head_dim * 2


@pytest.mark.parametrize("lowering", ["modern", "legacy"])
def test_profiles_of_all_buckets_compile_and_share_the_weights(
    tiny_graphs: WrittenGraphs, lowering: EngineLowering
) -> None:
    path, spec = decoder(tiny_graphs, lowering)
    wanted = profiles(tiny_graphs)
    built = WatchedBuild(path, spec, wanted)
    assert len(built.scratch) == len(wanted) == 5


@pytest.mark.parametrize("lowering", ["modern", "legacy"])
def test_a_step_copies_no_row_of_the_cache(tiny_graphs: WrittenGraphs, lowering: EngineLowering) -> None:
    path, spec = decoder(tiny_graphs, lowering)
    few, all_rows = (
        WatchedBuild(path, spec, [one_step(profiles(tiny_graphs), rows)]).scratch[0]
        for rows in (BUCKETS[0], CAPACITY)
    )
    keys_alone = layer_row(tiny_graphs.config.text) // 2
    assert all_rows - few < keys_alone * (CAPACITY - BUCKETS[0])
