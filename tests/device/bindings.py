"""TensorRT's real bindings in a folder, over stub libraries and a CUDA runtime on host memory."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.device.environments import Environment
from tests.export.engine.support.stub_bindings import compile_stubs

_CUDART: Final = Path(__file__).parents[1] / "runtime" / "backends" / "cuda" / "fake_cudart.c"
_CHECKED: Final = Path(__file__).with_name("checked_tensorrt.py")
_RECORD: Final = "CHECKED_TENSORRT_RECORD"
"""As `RECORD` there, which imports the bindings."""
_BARE: Final = "from tensorrt_bindings import *\nfrom tensorrt_bindings import __version__\n"


@dataclass(frozen=True, slots=True)
class Bindings:
    """A TensorRT for checks.

    Attributes:
        version: of the bindings.
        folder: holds the bindings, the module `tensorrt` and the libraries.
    """

    version: str
    folder: Path

    @property
    def record(self) -> Path:
        """File of the calls that were made."""
        return self.folder / "calls.txt"

    @property
    def variables(self) -> dict[str, str]:
        """Environment of a process that uses it."""
        return {
            "PYTHONPATH": str(self.folder),
            "LD_LIBRARY_PATH": str(self.folder / "lib"),
            _RECORD: str(self.record),
        }

    @property
    def calls(self) -> set[str]:
        """Names that were called, read or set."""
        return set(self.record.read_text("ascii").split())


def install_bindings(environment: Environment, package: str, folder: Path, *, is_checked: bool) -> Bindings:
    """Install bindings of a package such as `tensorrt-cu12-bindings==10.3.0`.

    Args:
        environment: whose Python they are for.
        package: with its version.
        folder: to fill.
        is_checked: whether objects are stand-ins that check calls; the stub libraries make none.
    """
    version = package.partition("==")[2]
    shutil.rmtree(folder, ignore_errors=True)
    environment.install(package, target=folder)
    compile_stubs(folder / "lib", version.split(".", 1)[0])
    # Where the runtime looks first, so that a real one of this machine is left alone.
    cudart = folder / "nvidia" / "cuda_runtime" / "lib" / "libcudart.so.12"
    cudart.parent.mkdir(parents=True)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(cudart), str(_CUDART)], check=True)
    (folder / "tensorrt.py").write_text(_CHECKED.read_text("utf-8") if is_checked else _BARE, "utf-8")
    return Bindings(version, folder)
