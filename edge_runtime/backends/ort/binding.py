"""A graph of ONNX Runtime with its tensors bound: buffers for each set of shapes, and captured steps.

A replayed CUDA graph reads and writes the addresses it was captured with. So a set of shapes that recurs, as
that of a single step does, has buffers of its own for all inputs and outputs that are not bound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import finalize

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.ort.failures import backend_error
from edge_runtime.backends.ort.library import HOST
from edge_runtime.backends.ort.runner import OrtRunner
from edge_runtime.backends.tensors import Shape, lost_rows, require_fit, require_rows_fit


@dataclass(frozen=True, slots=True)
class OrtTensor:
    """Memory owned by an `OrtValue`.

    Attributes:
        value: the memory.
        shape: of the tensor.
        host: the memory as an array, None where it is on a device.
        whole: all that was allocated, of which the tensor may use a part.
    """

    value: Any
    shape: Shape
    host: Array | None = None
    whole: Array | None = None


class IoBuffers:
    """Buffers of the inputs and outputs of one set of shapes, and the `IOBinding` that holds them."""

    def __init__(
        self,
        runner: OrtRunner,
        feeds: Mapping[str, Array],
        tensors: Mapping[str, OrtTensor],
        on_device: Collection[str],
        *,
        is_steady: bool,
    ) -> None:
        """Allocate the inputs; outputs get their memory in the first run, when their shapes are known."""
        self._runner: Final = runner
        self._is_steady: Final = is_steady
        self._binding: Final = runner.handle.io_binding()
        outputs = [spec.name for spec in runner.component.outputs]
        self._host_outputs: Final = [
            name for name in outputs if name not in tensors and name not in on_device
        ]
        self._on_device: Final = list(on_device)
        self.outputs: Mapping[str, Any] = {}
        self._graph_id: str | None = None
        # `get_outputs` returns values in the order of binding: those read on the host come first.
        for name in self._host_outputs:
            # A replay runs the captured kernels only, so it copies nothing to the host.
            self._bind_output(name, on_device=is_steady and runner.captures)
        for name in self._on_device:
            self._bind_output(name, on_device=True)
        for name, tensor in tensors.items():
            is_output = name in outputs
            bind = self._binding.bind_ortvalue_output if is_output else self._binding.bind_ortvalue_input
            bind(name, tensor.value)
        self._input_buffers: Final = dict(self._inputs(feeds))

    def run(self, feeds: Mapping[str, Array], *, more_follow: bool) -> Mapping[str, Array]:
        """Run once with feeds of these buffers' shapes and dtypes.

        The first run is plain: ONNX Runtime allocates the outputs in it. If the shapes are steady, the second
        run is captured and later ones are replays.
        """
        for name, array in feeds.items():
            self._update(name, array)
        self._runner.run(self._binding, self._graph_id, shrink_arena=not (self._is_steady or more_follow))
        if not self.outputs:
            self._pin_outputs()
        # Copies: the next run writes to the same memory.
        return {name: np.array(self.outputs[name].numpy()) for name in self._host_outputs}

    def _update(self, name: str, array: Array) -> None:
        value, host = self._input_buffers[name]
        if self._runner.input_device(name) == HOST:
            np.copyto(host, array)
        elif not np.array_equal(host, array):
            # Upload what changed: steps change the token and its position, not the audio.
            np.copyto(host, array)
            value.update_inplace(host)

    def _inputs(self, feeds: Mapping[str, Array]) -> Iterator[tuple[str, tuple[Any, Array]]]:
        for name, array in feeds.items():
            host = np.array(array, order="C")
            value = self._runner.new_value(host, self._runner.input_device(name))
            self._binding.bind_ortvalue_input(name, value)
            yield name, (value, host)

    def _bind_output(self, name: str, *, on_device: bool) -> None:
        device = self._runner.device
        if on_device:
            self._binding.bind_output(name, device.name, device.index)
        else:
            self._binding.bind_output(name, HOST)

    def _pin_outputs(self) -> None:
        """Bind the outputs to this run's memory; if the shapes are steady, have the next run captured."""
        names = [*self._host_outputs, *self._on_device]
        self.outputs = dict(zip(names, self._binding.get_outputs(), strict=False))
        for name, value in self.outputs.items():
            self._binding.bind_ortvalue_output(name, value)
        if self._is_steady and self._runner.captures:
            self._graph_id = self._runner.new_graph_id()
            finalize(self, self._runner.release_graph, self._graph_id).atexit = False


class OrtBinding:
    """A graph whose resident tensors are bound once."""

    def __init__(
        self, runner: OrtRunner, tensors: Mapping[str, OrtTensor], on_device: Collection[str]
    ) -> None:
        self._runner: Final = runner
        self._tensors: Final = tensors
        self._on_device: Final = on_device
        inputs = runner.component.inputs
        self._input_specs: Final = {spec.name: spec for spec in inputs if spec.name not in tensors}
        self._fixed: Final = {dim for spec in inputs if spec.name in tensors for dim in spec.shape}
        self._steady: Final[dict[object, IoBuffers]] = {}
        self._transient: tuple[object, IoBuffers] | None = None
        self._last_outputs: Mapping[str, Any] = {}

    def run(self, feeds: Mapping[str, Array], *, more_follow: bool = False) -> Mapping[str, Array]:
        """Run once; see `Binding.run`."""
        require_fit(self._input_specs, feeds)
        try:
            buffers = self._buffers(feeds)
            outputs = buffers.run(feeds, more_follow=more_follow)
        except Exception as error:  # ONNX Runtime's exceptions share no base class but this
            self._steady.clear()
            self._transient = None
            raise backend_error(error, "running the graph") from error
        self._last_outputs = buffers.outputs
        return outputs

    def append_rows(self, source: str, targets: Sequence[str], starts: Sequence[int]) -> None:
        """Copy the latest rows of an output into bound inputs; see `Binding.append_rows`."""
        if source not in self._last_outputs:
            raise lost_rows(source, targets)
        rows, caches = self._last_outputs[source].numpy(), [self._tensors[target] for target in targets]
        require_rows_fit(rows.shape, [cache.shape for cache in caches], starts)
        for part, cache in zip(np.split(rows, len(caches), axis=1), caches, strict=True):
            assert cache.host is not None, "a session on a GPU keeps no output there"
            for sequence, start in enumerate(starts):
                cache.host[sequence, :, start : start + rows.shape[2]] = part[sequence]

    def _buffers(self, feeds: Mapping[str, Array]) -> IoBuffers:
        key = tuple(sorted((name, array.shape, array.dtype.str) for name, array in feeds.items()))
        if key in self._steady:
            return self._steady[key]
        if self._transient is not None and self._transient[0] == key:
            return self._transient[1]
        # The old buffers are freed before new ones are allocated.
        self._transient = None
        is_steady = self._is_step(feeds)
        buffers = IoBuffers(self._runner, feeds, self._tensors, self._on_device, is_steady=is_steady)
        if is_steady:
            self._steady[key] = buffers
        else:
            self._transient = key, buffers
        return buffers

    def _is_step(self, feeds: Mapping[str, Array]) -> bool:
        """Tell whether every size that a caller chooses is 1: one token, one row of audio, one row scored."""
        sizes = (
            size
            for name, array in feeds.items()
            for dim, size in zip(self._input_specs[name].shape, array.shape, strict=False)
            if isinstance(dim, str) and dim not in self._fixed
        )
        return bool(self._tensors) and all(size == 1 for size in sizes)
