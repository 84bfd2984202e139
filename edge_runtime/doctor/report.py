"""What `edge-asr doctor` reports. Its JSON Schema is published as `engines/doctor.schema.json`."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from edge_runtime.bundle.manifest import Kind, Target
from edge_runtime.json_schema import schema_of

SCHEMA: Final = "edge-asr/doctor@1"

Status = Literal["ok", "warning", "failed"]


class ReportStruct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An immutable part of the report."""


class Finding(ReportStruct, frozen=True):
    """One thing that was checked."""

    code: str
    """What was checked, as `backend.tensorrt` or `storage.home`."""
    status: Status
    message: str
    """One sentence."""
    hint: str | None = None
    """A command that may help, to be pasted into a shell."""
    detail: str | None = None
    """The whole reason, where the message quotes a part of it."""


class Cpu(ReportStruct, frozen=True):
    """The processor."""

    model: str
    num_threads: int
    """Threads that a graph gets by default."""
    instructions: tuple[str, ...]
    """Instruction sets that decide the speed of matrix products."""


class Memory(ReportStruct, frozen=True):
    """Memory of the host, in bytes; 0 where it cannot be read."""

    total: int
    available: int
    swap: int
    """Swap on disks."""
    compressed_swap: int
    """Swap in compressed memory (zram)."""


class Jetson(ReportStruct, frozen=True):
    """A Jetson; an attribute is null where it cannot be read."""

    board: str | None
    l4t: str | None
    """Version of the board support package, as `36.4.3`."""
    jetpack: str | None
    """Version of JetPack with that package, as `6.2`; its major version alone where unknown."""
    power_mode: str | None


class Gpu(ReportStruct, frozen=True):
    """A GPU that CUDA can use."""

    name: str
    compute_capability: str
    memory: int
    """Bytes."""
    free_memory: int
    """Bytes; of unified memory, what the system calls available is more reliable."""
    unified: bool
    """Whether it shares the memory of the host."""
    multiprocessors: int | None


class CudaVersions(ReportStruct, frozen=True):
    """CUDA's versions."""

    runtime: str
    """Of the library, as `12.6`."""
    driver: str | None
    """Newest that the driver supports; null without a driver."""
    library: str
    """File of the library."""


class Machine(ReportStruct, frozen=True):
    """What the machine is."""

    edge_asr: str
    system: str
    kernel: str
    python: str
    cpu: Cpu
    memory: Memory
    jetson: Jetson | None
    cuda: CudaVersions | None
    gpus: tuple[Gpu, ...]


class Backend(ReportStruct, frozen=True):
    """A back end, after an inference on it."""

    target: Target
    passed: bool
    """Whether the inference gave the right result."""
    version: str | None
    """Of its library; null where it could not be read."""
    seconds: float
    """Time of the probe, with the start of its process."""
    reason: str | None
    """Why it did not pass."""


class BundleReport(ReportStruct, frozen=True):
    """A bundle, after it was opened in a process of its own."""

    path: str
    name: str | None
    kind: Kind | None
    target: Target | None
    precision: str | None
    need: int | None
    """Bytes that it takes to run, about; null where the manifest cannot be read."""
    available: int | None
    """Bytes that the device has for it; null where they are unknown."""
    opened: bool | None
    """Whether all its graphs could be loaded; null where that was not tried."""


class Report(ReportStruct, frozen=True):
    """Everything."""

    schema: Literal["edge-asr/doctor@1"]
    usable: bool
    """Whether a back end passes, and every bundle that was named can be opened."""
    machine: Machine
    backends: tuple[Backend, ...]
    bundles: tuple[BundleReport, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> str:
        """Return the report as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted").decode()


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    return schema_of(Report)
