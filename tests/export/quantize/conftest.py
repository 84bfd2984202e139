"""Graphs of one small random checkpoint in every precision, written once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge_export.calibration.calibrate import Calibrator, calibrate
from edge_export.calibration.observed_graphs import ObservedGraphs
from edge_export.calibration.recordings import Recording
from edge_export.calibration.statistics import RowSample
from edge_export.checkpoint.checkpoint import Checkpoint, read_checkpoint
from edge_export.checkpoint.config import ModelConfig
from edge_export.checkpoint.dummy import write_dummy_checkpoint
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.graph_spec import GraphSpec, decoder_spec, encoder_spec
from edge_export.graphs.export_config import export_config
from edge_export.graphs.trace import TracedGraph, trace
from edge_export.graphs.write import write_graph
from edge_export.quantize.activation_scales import Calibration
from edge_export.quantize.quantization import Quantization
from tests.export.conftest import AUDIO, MINI, ROOT, TEXT

# Multiples of the largest block, and a cache of fixed size, as TensorRT wants it.
WIDE_AUDIO = replace(AUDIO, d_model=128, ffn_dim=256, output_dim=128)
WIDE_TEXT = replace(TEXT, hidden_size=128, intermediate_size=256)
CAPACITY = 64
PRECISIONS = ("int8", "int8-w8a8", "int4")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Float graphs of a checkpoint, and their calibration on recordings."""

    checkpoint: Checkpoint
    directory: Path
    calibrator: Calibrator
    calibration: Calibration
    samples: Mapping[str, RowSample]


@dataclass(frozen=True, slots=True)
class QuantizedGraphs:
    """Folders with both graphs, by precision."""

    specs: tuple[GraphSpec, ...]
    directories: Mapping[str, Path]
    quantizations: Mapping[str, Quantization]


@pytest.fixture(scope="session", autouse=True)
def _cached_trace() -> Iterator[None]:
    """Give every precision a copy of one trace, because tracing takes the time."""
    actual: dict[tuple[GraphSpec, ModelConfig], TracedGraph] = {}

    def traced(spec: GraphSpec, config: ModelConfig) -> TracedGraph:
        key = (spec, config)
        if key not in actual:
            actual[key] = trace(spec, config)
        return replace(actual[key], model=actual[key].model.clone())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge_export.graphs.write.trace", traced)
        yield


@pytest.fixture(scope="session")
def recordings() -> tuple[Recording, ...]:
    return tuple(Recording(ROOT / "tests" / "clips" / name) for name in ("en-00000.flac", "zh-00000.flac"))


@pytest.fixture(scope="session")
def calibrated(tmp_path_factory: pytest.TempPathFactory, recordings: tuple[Recording, ...]) -> Calibrated:
    """A calibration of the whole plan without its exceptions, so that every matrix has rows."""
    source = tmp_path_factory.mktemp("wide")
    write_dummy_checkpoint(WIDE_AUDIO, WIDE_TEXT, layout="hf", tokenizer=MINI, output=source / "hf")
    checkpoint = read_checkpoint(resolve(str(source / "hf"), HubOptions()))
    directory = tmp_path_factory.mktemp("float")
    plan = replace(export_config("int8-w8a8").plan, overrides=())
    calibrator = Calibrator(ObservedGraphs(checkpoint, plan, directory))
    calibration, samples = calibrate(calibrator, recordings)
    return Calibrated(checkpoint, directory, calibrator, calibration, samples)


@pytest.fixture(scope="session")
def quantized(calibrated: Calibrated, tmp_path_factory: pytest.TempPathFactory) -> QuantizedGraphs:
    checkpoint = calibrated.checkpoint
    config = checkpoint.config
    specs = (encoder_spec(config.audio), decoder_spec(config.text, CAPACITY))
    directories: dict[str, Path] = {}
    quantizations = {name: Quantization(export_config(name, "modern").plan) for name in PRECISIONS}
    quantizations["int8-w8a8"] = Quantization(export_config("int8-w8a8").plan, calibrated.calibration)
    for name, quantization in quantizations.items():
        directories[name] = tmp_path_factory.mktemp(name)
        for spec in specs:
            # The encoder of int4 is that of int8.
            if (name, spec.name) != ("int4", "encoder"):
                write_graph(spec, config, checkpoint.weights, directories[name], quantization)
    return QuantizedGraphs(specs, directories, quantizations)
