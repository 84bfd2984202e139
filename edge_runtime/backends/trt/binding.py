"""An engine with its tensors bound: no address changes while the binding lives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from edge_runtime.arrays import Array
from edge_runtime.backends.session import MAX_STEPS, StepChain
from edge_runtime.backends.tensors import Shape, lost_rows, require_fit, require_rows_fit
from edge_runtime.backends.trt.context import TrtContext
from edge_runtime.backends.trt.memory import BindingMemory
from edge_runtime.backends.trt.rows import TrtTensor, append_rows
from edge_runtime.backends.trt.runner import TrtRunner
from edge_runtime.bundle.specs import CAPACITY_DIM

_MAX_GRAPHS: Final = 64
"""A profile with at most this many sets of shapes gets a CUDA graph for each that occurs: single steps and
verified drafts of up to eight tokens. The cache fixes the number of sequences."""


class TrtBinding:
    """An engine with all addresses fixed."""

    def __init__(
        self, runner: TrtRunner, tensors: Mapping[str, TrtTensor], on_device: Collection[str]
    ) -> None:
        self._runner: Final = runner
        self._tensors: Final = tensors
        component = runner.component
        self._input_specs: Final = {spec.name: spec for spec in component.inputs if spec.name not in tensors}
        output_names = [spec.name for spec in component.outputs if spec.name not in tensors]
        self._host_outputs: Final = [name for name in output_names if name not in on_device]
        self._resident: Final = {
            spec.name: tensors[spec.name].shape for spec in component.inputs if spec.name in tensors
        }
        bound = (spec for spec in component.inputs if spec.name in tensors)
        # The cache has few capacities, and keeps one for many runs.
        self._fixed_dims: Final = {CAPACITY_DIM} | {
            dim for spec in bound for dim in spec.shape if isinstance(dim, str)
        }
        self._buffers: Final = runner.buffers(frozenset(tensors), frozenset(on_device))
        addresses = {name: tensor.address for name, tensor in tensors.items()}
        self._memory: Final = BindingMemory(self._buffers, addresses)
        # Not the binding itself: buffers must not keep it alive.
        self._token: Final = object()
        self._contexts: Final[dict[tuple[object, ...], TrtContext]] = {}
        self._last_context: TrtContext | None = None

    def run(self, feeds: Mapping[str, Array], *, more_follow: bool = False) -> Mapping[str, Array]:
        """Run once; see `Binding.run`."""
        del more_follow  # all memory is allocated when the graph is bound
        require_fit(self._input_specs, feeds)
        shapes = {**self._resident, **{name: array.shape for name, array in feeds.items()}}
        with self._runner.in_use():
            context = self._last_context = self._context(shapes)
            self._buffers.latest_user = self._token
            for name, array in feeds.items():
                self._buffers.write(name, array)
            is_first = not context.is_warm
            context.run(shapes)
            self._runner.stream.synchronize()
            self._runner.note_run(is_first=is_first)
        return {name: self._buffers.read(name, context.output_shapes[name]) for name in self._host_outputs}

    def run_steps(
        self, feeds: Mapping[str, Array], num_steps: int, chain: StepChain
    ) -> list[Mapping[str, Array]]:
        """Run several times, each run fed by the one before; see `MultiStep.run_steps`."""
        staging = self._buffers.staging
        assert staging is not None, "only a graph with a cache runs several steps"
        assert 1 <= num_steps <= MAX_STEPS, "buffers are allocated for MAX_STEPS runs"
        require_fit(self._input_specs, feeds)
        shapes = {**self._resident, **{name: array.shape for name, array in feeds.items()}}
        stream, buffers = self._runner.stream, self._buffers
        with self._runner.in_use():
            context = self._last_context = self._context(shapes, chain)
            buffers.latest_user = self._token
            is_first = not context.is_warm
            for name, array in feeds.items():
                buffers.write(name, array)
                stream.copy(buffers.addresses[name], buffers.pinned.address(name), array.nbytes)
            for run in range(num_steps):
                lengths = feeds[chain.counter] + run
                staging.upload(stream, chain.counter, run, lengths)
                context.run(shapes)
                for name in self._host_outputs:
                    num_bytes = buffers.num_bytes(name, context.output_shapes[name])
                    staging.download(stream, name, run, num_bytes)
                if chain.appended:
                    self.append_rows(*chain.appended, [int(start) for start in lengths])
            stream.synchronize()
            self._runner.note_run(is_first=is_first)
        output_shapes = context.output_shapes
        return [
            {name: staging.read(name, run, output_shapes[name]) for name in self._host_outputs}
            for run in range(num_steps)
        ]

    def append_rows(self, source: str, targets: Sequence[str], starts: Sequence[int]) -> None:
        """Copy the latest rows of an output into bound inputs; see `Binding.append_rows`."""
        if self._last_context is None or self._buffers.latest_user is not self._token:
            raise lost_rows(source, targets)
        rows, caches = self._last_context.output_shapes[source], [self._tensors[name] for name in targets]
        require_rows_fit(rows, [cache.shape for cache in caches], starts)
        with self._runner.in_use():
            append_rows(self._runner.stream, self._memory.addresses[source], rows, caches, starts)

    def _context(self, shapes: Mapping[str, Shape], chain: StepChain | None = None) -> TrtContext:
        profile = self._runner.profile(shapes)
        is_steady = profile.num_shapes(self._fixed_dims) <= _MAX_GRAPHS
        key = (chain is not None, profile.index, *(sorted(shapes.items()) if is_steady else ()))
        if key not in self._contexts:
            self._contexts[key] = self._runner.new_context(
                profile, self._memory, is_steady=is_steady, fed_back=chain.fed_back if chain else None
            )
        return self._contexts[key]
