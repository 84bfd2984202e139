"""How many sequences a decoder takes at a time."""

from __future__ import annotations

import msgspec

from edge_runtime.batch_decoder import most_slots
from edge_runtime.engine_record import DimRange, EngineProfile, EngineRecord
from tests.runtime.support.manifests import DECODER_COMPONENT

RECORD = EngineRecord(
    builder="tensorrt-rtx",
    version="1.7.1.116",
    platform="linux-x86_64",
    compute_capabilities=("8.9",),
    gpu=None,
    driver=None,
    onnx={},
    profiles=tuple(
        EngineProfile(name=name, dims={"batch": DimRange(min=1, opt=1, max=most)})
        for name, most in (("prefill", 1), ("step", 4))
    ),
    flags=(),
    kv_capacity=96,
    recipe="rtx",
)


def test_an_engine_takes_as_many_as_its_widest_profile() -> None:
    engine = msgspec.structs.replace(DECODER_COMPONENT, engine=RECORD)
    assert [most_slots(engine, asked) for asked in (1, 3, 4, 8)] == [1, 3, 4, 4]


def test_a_graph_takes_as_many_as_are_asked_for() -> None:
    assert most_slots(DECODER_COMPONENT, 99) == 99
