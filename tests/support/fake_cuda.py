"""A CUDA runtime on host memory: asynchronous, poisoned, counting, and as strict as the real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from ctypes import memmove, memset
from itertools import count
from threading import local

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.cuda.runtime import CudaDevice, cuda_error

Work = Callable[[], None]
ILLEGAL_ADDRESS = 700
NUM_DEVICES = 2
_POISON = 0xFF
"""Every float of it is a NaN: memory that nobody wrote shows."""


class FakeCuda:
    """Work waits until a stream is synchronised, so a result that is read too early is a wrong one."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.device: dict[int, Array] = {}
        self.pinned: dict[int, Array] = {}
        self.streams: dict[int, int] = {}
        """Handle → device."""
        self.device_of: dict[int, int] = {}
        """Address of device memory → device."""
        self._thread = local()
        self.graphs: dict[int, list[Work]] = {}
        self.executables: dict[int, list[Work]] = {}
        self.is_device = CudaDevice("Fake GPU", "8.7", 8 << 30, "13.2", 16)
        self.failing: dict[str, int] = {}
        self.lost: int | None = None
        self.capturing: list[Work] | None = None
        self.is_capture_spoiled = False
        self._queue: list[Work] = []
        self._handles = count(1)

    def live(self) -> int:
        """Count what has been made and not destroyed."""
        owners = (self.device, self.pinned, self.streams, self.graphs, self.executables)
        return sum(len(owner) for owner in owners)

    def enqueue(self, work: Work) -> None:
        """Take work for the stream, or into the graph that is being recorded."""
        (self._queue if self.capturing is None else self.capturing).append(work)

    @property
    def current_device(self) -> int:
        """The calling thread's device; every thread begins with the first."""
        return getattr(self._thread, "device", 0)

    def describe(self, device_id: int) -> CudaDevice:
        self._called("describe")
        self._require_device(device_id)
        return self.is_device

    def set_device(self, device_id: int) -> None:
        self._called("set_device")
        self._require_device(device_id)
        self._thread.device = device_id

    def malloc(self, num_bytes: int) -> int:
        self._spoil_capture("malloc")
        self._called("malloc")
        address = _new_block(self.device, num_bytes)
        self.device_of[address] = self.current_device
        return address

    def free(self, address: int) -> None:
        self._spoil_capture("free")
        self._called("free")
        self._run_queue()
        del self.device[address], self.device_of[address]

    def host_malloc(self, num_bytes: int) -> int:
        self._called("host_malloc")
        return _new_block(self.pinned, num_bytes)

    def host_free(self, address: int) -> None:
        self._spoil_capture("host_free")
        self._called("host_free")
        self._run_queue()
        del self.pinned[address]

    def create_stream(self) -> int:
        self._called("create_stream")
        handle = next(self._handles)
        self.streams[handle] = self.current_device
        return handle

    def destroy_stream(self, stream: int) -> None:
        self._called("destroy_stream")
        self._run_queue()
        del self.streams[stream]

    def synchronize(self, stream: int) -> None:
        self.require_current(stream)
        self._spoil_capture("synchronize")
        self._called("synchronize")
        self._run_queue()

    def copy(self, target: int, source: int, num_bytes: int, stream: int) -> None:
        self.copy_rows(target, num_bytes, source, num_bytes, num_bytes, 1, stream, "copy")

    def copy_rows(
        self,
        target: int,
        target_pitch: int,
        source: int,
        source_pitch: int,
        width: int,
        height: int,
        stream: int,
        call: str = "copy_rows",
    ) -> None:
        self.require_current(stream)
        self._called(call)
        assert width <= target_pitch, "CUDA refuses rows that run into each other"
        self._copy(
            width,
            [(target + row * target_pitch, source + row * source_pitch) for row in range(height)],
        )

    def _copy(self, width: int, places: Sequence[tuple[int, int]]) -> None:
        """Enqueue copies, target and source of each, none of which writes what another reads."""
        device = self.current_device

        def work() -> None:
            for target, source in places:
                self.require_memory(target, width, device)
                self.require_memory(source, width, device)
                assert all(target + width <= since or since + width <= target for _, since in places)
                memmove(target, source, width)

        self.enqueue(work)

    def copy_blocks(
        self,
        target: int,
        target_pitch: int,
        target_spacing: int,
        source: int,
        width: int,
        height: int,
        depth: int,
        stream: int,
    ) -> None:
        assert width <= target_pitch
        assert target_spacing % target_pitch == 0, "CUDA counts the rows of a block"
        assert height * target_pitch <= target_spacing
        self.require_current(stream)
        self._called("copy_blocks")
        places = [
            (
                target + block * target_spacing + row * target_pitch,
                source + (block * height + row) * width,
            )
            for block in range(depth)
            for row in range(height)
        ]
        self._copy(width, places)

    def fill(self, address: int, byte: int, num_bytes: int, stream: int) -> None:
        self.require_current(stream)
        self._called("fill")

        def work() -> None:
            self.require_memory(address, num_bytes)
            memset(address, byte, num_bytes)

        self.enqueue(work)

    def begin_capture(self, stream: int) -> None:
        assert self.capturing is None
        self._called("begin_capture")
        self.capturing, self.is_capture_spoiled = [], False

    def end_capture(self, stream: int) -> int:
        assert self.capturing is not None
        recorded, self.capturing = self.capturing, None
        self._called("end_capture")
        if self.is_capture_spoiled:
            raise cuda_error("end_capture", 901, "cudaErrorStreamCaptureInvalidated", "as the real one does")
        handle = next(self._handles)
        self.graphs[handle] = recorded
        return handle

    def instantiate(self, graph: int) -> int:
        self._called("instantiate")
        handle = next(self._handles)
        self.executables[handle] = self.graphs[graph]
        return handle

    def destroy_graph(self, graph: int) -> None:
        self._called("destroy_graph")
        del self.graphs[graph]

    def launch(self, executable: int, stream: int) -> None:
        self.require_current(stream)
        self._called("launch")
        for work in self.executables[executable]:
            self.enqueue(work)

    def destroy_executable(self, executable: int) -> None:
        self._called("destroy_executable")
        del self.executables[executable]

    def require_current(self, stream: int) -> None:
        """Assert that a stream is one of the calling thread's device."""
        assert self.streams[stream] == self.current_device, "the stream is of another device"

    def require_memory(self, address: int, num_bytes: int, device: int | None = None) -> None:
        """Assert that bytes lie in one live allocation, which is on the host or on the device."""
        blocks = (*self.device.items(), *self.pinned.items())
        (owner,) = (
            start for start, block in blocks if start <= address and address + num_bytes <= start + len(block)
        )
        assert device in (None, self.device_of.get(owner, device)), "the memory is of another device"

    def _require_device(self, device_id: int) -> None:
        if device_id not in range(NUM_DEVICES):
            raise cuda_error("cudaSetDevice", 101, "cudaErrorInvalidDevice", "invalid device ordinal")

    def _run_queue(self) -> None:
        queue, self._queue = self._queue, []
        for work in queue:
            work()

    def _spoil_capture(self, call: str) -> None:
        """Refuse a call that is unsafe while this thread captures, and refuse the capture for it."""
        if self.capturing is not None:
            self.is_capture_spoiled = True
            raise cuda_error(call, 900, "cudaErrorStreamCaptureUnsupported", "as the real one does")

    def _called(self, call: str) -> None:
        self.calls[call] += 1
        code = self.lost or self.failing.pop(call, None)
        if code == ILLEGAL_ADDRESS:
            self.lost = code
        if code:
            raise cuda_error(call, code, f"cudaError{code}", "as planted")


def _new_block(owner: dict[int, Array], num_bytes: int) -> int:
    assert num_bytes > 0
    block = np.full(num_bytes, _POISON, np.uint8)
    owner[block.ctypes.data] = block
    return int(block.ctypes.data)
