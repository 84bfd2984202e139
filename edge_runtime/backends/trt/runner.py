"""A plan loaded on one GPU, and what its runs share: stream, scratch memory, and whether the GPU is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakValueDictionary

from edge_runtime.backends.cuda.arena import Arena
from edge_runtime.backends.cuda.runtime import Cuda
from edge_runtime.backends.cuda.stream import Stream
from edge_runtime.backends.tensors import Shape
from edge_runtime.backends.trt.buffers import IoBuffers
from edge_runtime.backends.trt.context import TrtContext
from edge_runtime.backends.trt.engine import Engine
from edge_runtime.backends.trt.kernel_cache import KernelCache
from edge_runtime.backends.trt.memory import BindingMemory
from edge_runtime.backends.trt.profile import Profile
from edge_runtime.bundle.specs import Component
from edge_runtime.errors import DeviceLostError, GraphError
from edge_runtime.opened_file import OpenedFile

_WARM_UP_RUNS: Final = 100
"""Runs after which TensorRT-RTX has compiled, in the background, kernels for the shapes it has seen."""


class TrtRunner:
    """One plan with one stream."""

    def __init__(self, trt: Any, cuda: Cuda, component: Component, plan: OpenedFile, device_id: int) -> None:
        """Load a plan; see `Engine`."""
        self.component: Final = component
        self._device_id: Final = device_id
        self._lost: str | None = None
        # Called first: it raises the clear "no driver" error.
        cuda.set_device(device_id)
        self._kernels: Final = KernelCache(trt, plan.path, cuda.describe(device_id))
        self.engine: Final = Engine(trt, component, plan, self._kernels)
        self.stream: Final = Stream(cuda)
        self._scratch: Final = Arena(cuda.malloc, cuda.free, {"": self.engine.scratch_bytes})
        # Of the bound tensors and the outputs that stay on the device; freed with the last binding.
        self._buffers: Final = WeakValueDictionary[tuple[frozenset[str], frozenset[str]], IoBuffers]()
        self._num_runs = 0

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Refuse the body if the GPU is lost, and remember it if the body loses the GPU."""
        if self._lost:
            raise DeviceLostError(self._lost)
        try:
            # The current device is per thread, and any thread may call.
            self.stream.cuda.set_device(self._device_id)
            yield
        except DeviceLostError as error:
            self._lost = str(error)
            raise

    def profile(self, shapes: Mapping[str, Shape]) -> Profile:
        """Return the narrowest profile that holds the inputs' shapes.

        Raises:
            GraphError: none does.
        """
        for profile in self.engine.profiles:
            if profile.contains(shapes):
                return profile
        widest = self.engine.profiles[-1]
        name = next(name for name, shape in shapes.items() if not widest.contains({name: shape}))
        raise GraphError(
            f"Input {name!r} of shape {shapes[name]} is outside the engine's profiles "
            f"(at most {widest.max_shapes[name]}). Give shorter audio, or rebuild with a larger profile."
        )

    def buffers(self, resident: frozenset[str], on_device: frozenset[str]) -> IoBuffers:
        """Return the buffers of all bindings with these bound tensors and outputs on the device."""
        key = (resident, on_device)
        buffers = self._buffers.get(key)
        if buffers is None:
            cuda, engine = self.stream.cuda, self.engine
            buffers = self._buffers[key] = IoBuffers(cuda, engine, self.component, resident, on_device)
        return buffers

    def new_context(
        self,
        profile: Profile,
        memory: BindingMemory,
        *,
        is_steady: bool,
        fed_back: Mapping[str, str] | None = None,
    ) -> TrtContext:
        """Make a context for a profile."""
        capture = is_steady and not self.engine.captures_internally
        scratch = self._scratch.address("")
        return TrtContext(
            self.engine, self.stream, profile, memory, scratch, capture=capture, fed_back=fed_back
        )

    def note_run(self, *, is_first: bool) -> None:
        """Count a run, and store compiled kernels after those runs that may have added some.

        Args:
            is_first: whether it was the first run of a context with its shapes.
        """
        self._num_runs += 1
        if is_first or self._num_runs == _WARM_UP_RUNS:
            self._kernels.store()
