"""A graph that ONNX Runtime has loaded, and its runs: plain, or captured as CUDA graphs and replayed."""

from __future__ import annotations

import logging
from itertools import count
from typing import Any, Final

from edge_runtime.arrays import Array
from edge_runtime.backends.ort.library import HOST, OrtDevice
from edge_runtime.bundle.specs import Component

_GRAPH_ID_KEY: Final = "gpu_graph_id"
"""Run option: id of the CUDA graph that a run captures or replays."""
_NO_CAPTURE_ID: Final = "-1"
_SHRINK_KEY: Final = "memory.enable_memory_arena_shrinkage"
_HOST_ARENA: Final = "cpu:0"
_LOG: Final = logging.getLogger(__name__)


class OrtRunner:
    """A loaded graph, and how to run it."""

    def __init__(
        self, ort: Any, handle: Any, component: Component, device: OrtDevice, *, captures: bool
    ) -> None:
        """Wrap a session of ONNX Runtime.

        Args:
            ort: the module.
            handle: its `InferenceSession`.
            component: the graph's description.
            device: where it runs.
            captures: whether the session was opened to capture CUDA graphs.
        """
        self.ort: Final = ort
        self.handle: Final = handle
        self.component: Final = component
        self.device: Final = device
        self._graph_ids: Final = count(1)
        self._input_devices: Final = _input_devices(handle, component, device)
        # A session opened for capture treats a run without a graph id as one to capture.
        self._takes_graph_id: Final = captures
        # A replay reuses the captured values of inputs that a kernel reads on the host.
        self.captures = captures and HOST not in self._input_devices.values()
        self._shrink_options: Final = ort.RunOptions()
        self._shrink_options.add_run_config_entry(_SHRINK_KEY, _HOST_ARENA)

    def input_device(self, name: str) -> str:
        """Return where the graph reads an input; a value elsewhere is copied once, when it is bound."""
        return self._input_devices[name]

    def new_value(self, array: Array, device_name: str) -> Any:
        """Return an `OrtValue` with an array's content; on the host it shares the array's memory."""
        return self.ort.OrtValue.ortvalue_from_numpy(
            array, device_name, self.device.index if device_name != HOST else 0
        )

    def new_graph_id(self) -> str:
        """Return an unused graph id of this session; a graph id is for one set of addresses."""
        return str(next(self._graph_ids))

    def release_graph(self, graph_id: str) -> None:
        """Release a graph before its memory is freed; ONNX Runtime before 1.32 keeps it with the session."""
        release = getattr(self.handle, "release_captured_graph", None)
        if release is not None:
            release(int(graph_id))

    def run(self, binding: Any, graph_id: str | None, *, shrink_arena: bool = False) -> None:
        """Run once.

        Args:
            binding: an `IOBinding`; each graph id is for one binding, whose tensors are not rebound.
            graph_id: of the graph to capture or to replay; None for a plain run.
            shrink_arena: whether the run's host memory returns to the system when the run ends, so that the
                peak is that of the largest run.
        """
        if not self._takes_graph_id:
            self.handle.run_with_iobinding(binding, self._shrink_options if shrink_arena else None)
            return
        active_id = graph_id if self.captures else None
        try:
            self.handle.run_with_iobinding(binding, self._options(active_id or _NO_CAPTURE_ID))
        except Exception as error:  # ONNX Runtime's exceptions share no base class but this
            if active_id is None:
                raise
            # A plain run has the same results, and writes the same rows of the cache.
            _LOG.warning("steps are not recorded as a CUDA graph, and slower for it: %s", error)
            self.captures = False
            self.handle.run_with_iobinding(binding, self._options(_NO_CAPTURE_ID))

    def _options(self, graph_id: str) -> Any:
        options = self.ort.RunOptions()
        options.add_run_config_entry(_GRAPH_ID_KEY, graph_id)
        return options


def _input_devices(handle: Any, component: Component, device: OrtDevice) -> dict[str, str]:
    """Return where the graph reads each input; on the device, where ONNX Runtime does not report it."""
    names = [spec.name for spec in component.inputs]
    get_memory_infos = getattr(handle, "get_input_memory_infos", None)
    if device.is_host or get_memory_infos is None:
        return dict.fromkeys(names, device.name)
    order = [argument.name for argument in handle.get_inputs()]
    try:
        on_host = {
            name for name, info in zip(order, get_memory_infos(), strict=True) if info.name.lower() == HOST
        }
    except Exception as error:  # noqa: BLE001 - ONNX Runtime raises for an input that is read on both sides
        _LOG.debug("ONNX Runtime does not report where inputs are read: %s", error)
        on_host = set()
    return {name: HOST if name in on_host else device.name for name in names}
