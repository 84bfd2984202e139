"""Float graphs of a checkpoint under observation: recordings go in, inputs of matrices come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import onnx_ir as ir

from edge_export.calibration.float_matrix import FloatMatrix, float_matrices
from edge_export.calibration.observed_session import ObservedSession, observed_path, write_observed_graph
from edge_export.calibration.products import products
from edge_export.calibration.replay import replay_recordings
from edge_export.graphs.export_config import FLOAT
from edge_export.graphs.session import open_graph
from edge_export.graphs.write import write_graph
from edge_export.quantize.rewrite.static import calibrated_inputs
from edge_export.quantize.rounding.hessian import Hessian

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from edge_export.calibration.observed_session import Observer
    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.graph_spec import GraphSpec
    from edge_export.quantize.scheme import QuantizationPlan
    from edge_runtime.arrays import Array
    from edge_runtime.bundle.specs import Component


class ObservedGraphs:
    """Both graphs of a checkpoint, with the inputs of all products of a plan's matrices as outputs.

    Attributes:
        plan: which matrices.
        matrices: name → matrix, of both graphs.
        inputs: name → number of inputs, of the matrices whose products can be observed.
        calibrated: names of those whose activations the plan quantises.
    """

    def __init__(self, checkpoint: Checkpoint, plan: QuantizationPlan, directory: Path) -> None:
        """Write the float graphs.

        Args:
            checkpoint: what to observe.
            plan: names the matrices that will be stored in codes.
            directory: folder for the graphs, float32 and so the size of the checkpoint's weights in it.
        """
        self.plan: Final = plan
        self.matrices: Final[dict[str, FloatMatrix]] = {}
        self.inputs: Final[dict[str, int]] = {}
        self.calibrated: Final[set[str]] = set()
        self._checkpoint: Final = checkpoint
        self._components: Final[dict[str, tuple[Component, Path]]] = {}
        self._directory: Final = directory
        for spec in FLOAT.specs(checkpoint.config):
            write_graph(spec, checkpoint.config, checkpoint.weights, directory)
            self._add(spec)

    def _add(self, spec: GraphSpec) -> None:
        path = self._directory / spec.file_name
        by_name = {each.name: each for each in float_matrices(path, spec.name)}
        graph = ir.load(path).graph
        self.matrices.update(by_name)
        self.calibrated.update(name for _, name in calibrated_inputs(graph, spec.name, self.plan))
        inputs = {
            product.matrix: product.num_inputs
            for product in products(graph)
            if by_name[product.matrix].grid(self.plan) is not None
        }
        self.inputs.update(inputs)
        component = write_observed_graph(spec, self._directory, inputs.keys())
        self._components[spec.name] = component, observed_path(spec, self._directory)

    def paths(self) -> Iterator[tuple[str, Path]]:
        """Yield each component with its float graph."""
        for name, (component, _) in self._components.items():
            yield name, self._directory / component.graph

    def replay(self, observe: Observer, recordings: Sequence[Recording], names: Collection[str]) -> None:
        """Run recordings and hand rows of the inputs of some matrices to an observer."""

        def observe_selected(name: str, rows: Array) -> None:
            if name in names:
                observe(name, rows)

        sessions = {
            name: ObservedSession(open_graph(component, path), observe_selected)
            for name, (component, path) in self._components.items()
        }
        replay_recordings(self._checkpoint, sessions, recordings)

    def hessians(self, recordings: Sequence[Recording], names: Collection[str]) -> dict[str, Array]:
        """Return the Hessians of some matrices by name; matrices without a recorded input are left out."""
        hessians_by_name = {name: Hessian(self.inputs[name]) for name in names}
        self.replay(lambda name, rows: hessians_by_name[name].add(rows), recordings, names)
        return {name: hessian.mean() for name, hessian in hessians_by_name.items() if hessian.num_rows}
