"""A graph that ONNX Runtime has loaded, and its runs: plain, or recorded as CUDA graphs and replayed."""

from __future__ import annotations

import logging
from itertools import count
from typing import Any, Final

from edge_runtime.arrays import Array
from edge_runtime.backends.ort.library import HOST, OrtDevice
from edge_runtime.bundle.specs import Component

_GRAPH_ID_KEY: Final = "gpu_graph_id"
"""Run option: number of the CUDA graph that a run records or replays."""
_NO_CAPTURE_ID: Final = "-1"
_SHRINK_KEY: Final = "memory.enable_memory_arena_shrinkage"
_HOST_ARENA: Final = "cpu:0"
_LOG: Final = logging.getLogger(__name__)


class OrtRunner:
    """A loaded graph, and how to run it."""

    def __init__(
        self, ort: Any, handle: Any, component: Component, device: OrtDevice, *, captures: bool
    ) -> None:
        """Take a session.

        Args:
            ort: the module.
            handle: its session.
            component: the graph's description.
            device: where it runs.
            captures: whether the session was opened to record CUDA graphs.
        """
        self.ort: Final = ort
        self.handle: Final = handle
        self.component: Final = component
        self.device: Final = device
        self._graph_ids: Final = count(1)
        self._input_devices: Final = _input_devices(handle, component, device)
        # Such a session takes a run without a number for one to record.
        self._takes_graph_id: Final = captures
        # What a kernel reads on the host, a replay would have as it was when it was recorded.
        self.captures = captures and HOST not in self._input_devices.values()
        self._shrink_options: Final = ort.RunOptions()
        self._shrink_options.add_run_config_entry(_SHRINK_KEY, _HOST_ARENA)

    def input_device(self, name: str) -> str:
        """Return where the graph wants an input: what is bound elsewhere is copied once, when it is bound."""
        return self._input_devices[name]

    def new_value(self, array: Array, device_name: str) -> Any:
        """Return memory that begins with an array; on the host it is the array's own."""
        return self.ort.OrtValue.ortvalue_from_numpy(
            array, device_name, self.device.index if device_name != HOST else 0
        )

    def new_graph_id(self) -> str:
        """Return a number that no graph of this session has; it is for one set of addresses."""
        return str(next(self._graph_ids))

    def release_graph(self, graph_id: str) -> None:
        """Forget a graph, whose memory is going away; ONNX Runtime before 1.32 keeps it until the end."""
        release = getattr(self.handle, "release_captured_graph", None)
        if release is not None:
            release(int(graph_id))

    def run(self, binding: Any, graph_id: str | None, *, shrink_arena: bool = False) -> None:
        """Run once.

        Args:
            binding: an `IOBinding`; for a number always the same, with nothing bound anew.
            graph_id: of the graph to record or to replay; None for a plain run.
            shrink_arena: whether host memory that the run took goes back to the system when it ends, so
                that the most that any one run needs is the most that is ever taken.
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
            # A run that was not recorded is the same run, and rows of a cache are written to the same place.
            _LOG.warning("steps are not recorded as a CUDA graph, and slower for it: %s", error)
            self.captures = False
            self.handle.run_with_iobinding(binding, self._options(_NO_CAPTURE_ID))

    def _options(self, graph_id: str) -> Any:
        options = self.ort.RunOptions()
        options.add_run_config_entry(_GRAPH_ID_KEY, graph_id)
        return options


def _input_devices(handle: Any, component: Component, device: OrtDevice) -> dict[str, str]:
    """Return where each input is wanted; where ONNX Runtime cannot say, on the device."""
    names = [spec.name for spec in component.inputs]
    get_memory_infos = getattr(handle, "get_input_memory_infos", None)
    if device.is_host or get_memory_infos is None:
        return dict.fromkeys(names, device.name)
    order = [argument.name for argument in handle.get_inputs()]
    try:
        on_host = {
            name for name, info in zip(order, get_memory_infos(), strict=True) if info.name.lower() == HOST
        }
    except Exception as error:  # noqa: BLE001 - an input that is read on both sides has no one place
        _LOG.debug("where inputs are wanted is not told: %s", error)
        on_host = set()
    return {name: HOST if name in on_host else device.name for name in names}
