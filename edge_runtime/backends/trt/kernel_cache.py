"""The kernels that TensorRT-RTX compiled for this machine's GPU, stored beside the engine.

An engine of TensorRT-RTX is for a range of GPUs; the library compiles its kernels when a context is made or
first run. The file only saves time and is no part of the bundle: a stale or damaged one is ignored, and where
it cannot be written, the next start compiles again.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.errors import BundleError
from edge_runtime.opened_file import open_file

SCHEMA: Final = "edge-asr/kernels@1"
_LOG: Final = logging.getLogger(__name__)


class KernelStamp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First line of the file: what the kernels are for."""

    schema: Literal["edge-asr/kernels@1"] = SCHEMA
    library: str
    gpu: str
    compute_capability: str
    driver: str
    plan_bytes: int
    """Size of the plan: it shows that the plan was replaced, without reading gigabytes."""
    sha256: str = ""
    """Of the kernels that follow."""


class KernelCache:
    """The kernels of one plan on one GPU: their file, and TensorRT-RTX's runtime cache in memory."""

    def __init__(self, trt: Any, plan: Path, device: CudaDevice) -> None:
        """Note the library, GPU and plan that stored kernels must be for; no file is read yet.

        Args:
            trt: the module; if its contexts take no runtime cache, no file is read or written.
            plan: the engine's file.
            device: the GPU.
        """
        self._path: Final = plan.with_name(f"{plan.name}.kernels")
        self._stamp: Final = KernelStamp(
            library=str(trt.__version__),
            gpu=device.name,
            compute_capability=device.compute_capability,
            driver=device.driver,
            plan_bytes=plan.stat().st_size if plan.is_file() else 0,
        )
        self._stored: str | None = None
        self._cache: Any = None

    def attach_to(self, config: Any) -> None:
        """Set the runtime cache of a configuration: contexts use its kernels and add those they compile."""
        if not hasattr(config, "create_runtime_cache"):
            return
        if self._cache is None:
            self._cache = config.create_runtime_cache()
            self._fill()
        if self._cache is not None:
            config.set_runtime_cache(self._cache)

    def store(self) -> None:
        """Write the kernels if they have changed; after a failed write the next start compiles again."""
        blob = self._cache.serialize() if self._cache is not None else None
        if blob is None:
            return
        kernels = bytes(blob)
        digest = hashlib.sha256(kernels).hexdigest()
        if digest != self._stored:
            self._stored = digest
            self._write(kernels, digest)

    def _fill(self) -> None:
        kernels = self._read()
        # The library checks again, and more closely, what the kernels were compiled for.
        if kernels is not None and self._cache is not None and not self._cache.deserialize(kernels):
            _LOG.info("%s: not for this library or GPU; kernels are compiled again", self._path)
            self._stored = None

    def _read(self) -> bytes | None:
        with suppress(OSError, BundleError, ValueError, msgspec.MsgspecError):
            line, separator, kernels = open_file(self._path).read_bytes().partition(b"\n")
            stamp = msgspec.json.decode(line, type=KernelStamp)
            digest = hashlib.sha256(kernels).hexdigest()
            if separator and stamp == msgspec.structs.replace(self._stamp, sha256=digest):
                self._stored = digest
                return kernels
        return None

    def _write(self, kernels: bytes, digest: str) -> None:
        temporary = self._path.with_name(f"{self._path.name}.partial")
        stamp = msgspec.json.encode(msgspec.structs.replace(self._stamp, sha256=digest))
        try:
            temporary.write_bytes(stamp + b"\n" + kernels)
            temporary.replace(self._path)
        except OSError as error:
            _LOG.info("%s: cannot be written (%s); kernels are compiled at each start", self._path, error)
