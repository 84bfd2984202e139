"""A float decoder whose matrices are overwritten in their file: one graph for every way to round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnx_ir as ir

from edge_export.graphs.export_config import FLOAT
from edge_export.graphs.session import open_graph, with_logits
from edge_export.graphs.write import write_graph, write_parity_graph
from edge_export.quantize.rewrite.weight_only import matrices

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_runtime.arrays import Array
    from edge_runtime.backends.session import Session


class PatchedDecoder:
    """A decoder with logits; the next session sees what was written last."""

    def __init__(self, checkpoint: Checkpoint, directory: Path) -> None:
        """Write the float graph, which takes the size of its weights on disk."""
        config = checkpoint.config
        spec = FLOAT.spec("decoder", config)
        write_graph(spec, config, checkpoint.weights, directory)
        self._path: Final = write_parity_graph(spec, directory)
        self._component: Final = with_logits(spec.component("fp32"), config.text.vocab_size)
        self._data: Final = directory / spec.data_name
        graph = ir.load(self._path).graph
        self._locations: Final = {str(value.name): _location_of(value) for _, value in matrices(graph)}

    def write(self, name: str, matrix: Array) -> None:
        """Overwrite one matrix with another float32 value of its shape."""
        offset, shape = self._locations[name]
        assert matrix.shape == shape, f"{name} has shape {shape}, not {matrix.shape}"
        with self._data.open("r+b") as stream:
            stream.seek(offset)
            stream.write(np.ascontiguousarray(matrix, np.float32).data)

    def open(self) -> Session:
        """Load the graph with the matrices as they are now; close it before the next are written."""
        return open_graph(self._component, self._path)


def _location_of(value: ir.Value) -> tuple[int, tuple[int, ...]]:
    tensor = value.const_value
    assert isinstance(tensor, ir.ExternalTensor), f"written without a value: {value.name}"
    return int(tensor.offset or 0), tuple(int(size) for size in tensor.shape.numpy())
