"""Steps that read few rows of the cache give the tokens of steps that read all, from bucket to bucket."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_export.checkpoint.config_file import read_config
from edge_export.checkpoint.weights import open_weights
from edge_export.engine.builder.lowering import EngineLowering
from edge_export.graphs.export_config import ExportConfig
from edge_export.graphs.write import write_graph
from edge_export.quantize.plans import GraphPrecision
from edge_export.quantize.quantization import Quantization
from edge_runtime.arrays import Array
from edge_runtime.backends.ort.session import OrtSession, open_session
from edge_runtime.backends.session import Binding, DeviceTensor, SessionOptions
from edge_runtime.bundle.specs import Component
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.export.conftest import MINI
from tests.support.buckets import BUCKETS, record_of
from tests.support.manifests import LIMITS, PROMPT, decoder_spec

CAPACITY = BUCKETS[-1]


def written(folder: Path, lowering: EngineLowering, precision: GraphPrecision) -> Component:
    """Write the mini's decoder as an engine is built from it."""
    config = read_config(MINI)
    compute = "float32" if precision == "fp32" else "float16"
    export = ExportConfig(
        precision, {"decoder": precision}, compute=compute, lowering=lowering, kv_capacity=CAPACITY
    )
    spec = export.spec("decoder", config)
    write_graph(spec, config, open_weights(MINI, config), folder, Quantization(export.plan))
    return spec.component(precision)


class WatchedSession:
    """A session that remembers how many rows of the cache its runs read."""

    def __init__(self, session: OrtSession) -> None:
        self.rows: set[int] = set()
        self.component = session.component
        self.allocate, self.allocate_block = session.allocate, session.allocate_block
        self.relayout, self.slice = session.relayout, session.slice
        self._session = session

    def bind(self, tensors: Mapping[str, DeviceTensor], on_device: Collection[str] = ()) -> Binding:
        binding = self._session.bind(tensors, on_device)
        run = binding.run

        def watched(feeds: Mapping[str, Array], *, more_follow: bool = False) -> Mapping[str, Array]:
            rows = feeds.get("cache_rows")
            self.rows.add(tensors["past_key_0"].shape[2] if rows is None else len(rows))
            return run(feeds, more_follow=more_follow)

        binding.run = watched  # type: ignore[method-assign] # it is watched
        return binding


def decode(folder: Path, component: Component, num_audio: int) -> tuple[list[ScoredToken], set[int]]:
    """Return the tokens up to the capacity, and the numbers of rows that its steps read."""
    session = open_session(component, folder / component.graph, SessionOptions(threads=1))
    hidden = component.inputs[2].shape[1]
    assert isinstance(hidden, int)
    embeds = np.random.default_rng(3).standard_normal((num_audio, hidden), dtype=np.float32)
    prompt = build_prompt(PROMPT, num_audio)
    watched = WatchedSession(session)
    limits = msgspec.structs.replace(LIMITS, prefill_chunk=9)
    spec = msgspec.structs.replace(decoder_spec(kv_capacity=CAPACITY), hidden_size=hidden)
    decoder = Decoder(watched, spec, limits)
    decoder_input = DecoderInput(prompt, embeds, CAPACITY - len(prompt))
    scored = [decoder.prefill(decoder_input)]
    watched.rows.clear()
    while len(scored) < decoder_input.max_new_tokens:
        scored.append(decoder.step(scored[-1].token_id))
    return scored, watched.rows


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("lowering", ["legacy", "modern"])
def test_tokens_of_the_mini_are_those_of_the_full_capacity(
    tmp_path: Path, lowering: EngineLowering, precision: GraphPrecision
) -> None:
    component = written(tmp_path, lowering, precision)
    bucketed = msgspec.structs.replace(component, engine=record_of(BUCKETS))
    for num_audio in (3, BUCKETS[0]):
        expected, all_rows = decode(tmp_path, component, num_audio)
        actual, rows = decode(tmp_path, bucketed, num_audio)
        assert [each.token_id for each in actual] == [each.token_id for each in expected]
        np.testing.assert_allclose(
            [each.logprob for each in actual],
            [each.logprob for each in expected],
            atol=1e-5 if precision == "fp32" else 5e-3,
        )
        assert all_rows == {CAPACITY}
        assert rows == set(BUCKETS if num_audio == 3 else BUCKETS[1:])
