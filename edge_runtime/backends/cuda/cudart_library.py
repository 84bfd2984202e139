"""Find the CUDA runtime library (libcudart) that the driver of this machine can run.

A machine may hold several: JetPack's or a toolkit's in /usr/local, those of Python packages, those that the
loader knows. A runtime that is newer than the driver fails in every call (error 35), so the first one that is
not newer is taken.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from ctypes import CDLL, byref, c_int
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge_runtime.backends.cuda.jetson import is_jetson
from edge_runtime.backends.cuda.prototypes import PROTOTYPES, result_type
from edge_runtime.errors import BackendUnavailableError

_LOADER_NAMES: Final = ("libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0")
_SYSTEM: Final = ("usr/local/cuda*/lib64", "usr/local/cuda*/targets/*/lib", "usr/local/cuda*/lib")
_PACKAGES: Final = ("nvidia/cu*/lib", "nvidia/cuda_runtime/lib")
"""Folders of pip's packages: nvidia-cuda-runtime of CUDA 13, and of CUDA 11 and 12."""
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CudartLibrary:
    """A loaded libcudart.

    Attributes:
        functions: one attribute for each function of `PROTOTYPES`.
        path: file, or the name that the loader resolved.
        runtime: its version, as CUDA encodes it: 12060 for 12.6.
        driver: newest version that the driver supports, encoded alike; 0 without a driver.
    """

    functions: Any
    path: str
    runtime: int
    driver: int

    @property
    def is_supported(self) -> bool:
        """Whether the driver supports this version or a newer one."""
        return self.runtime <= self.driver


def load_library(path: str) -> CudartLibrary:
    """Load one libcudart and declare its functions.

    Raises:
        OSError: it cannot be loaded.
        AttributeError: it lacks a function.
    """
    functions = CDLL(path)
    for name, argument_types in PROTOTYPES.items():
        function = getattr(functions, name)
        function.argtypes, function.restype = argument_types, result_type(name)
    # CUDA 11 does not give its version where there is no driver; the file's name then does, as 11.0.
    runtime = _version(functions.cudaRuntimeGetVersion) or _named_version(path)
    driver = _version(functions.cudaDriverGetVersion)
    return CudartLibrary(functions, path, runtime, driver)


def choose_library(
    paths: Iterable[str], load: Callable[[str], CudartLibrary] = load_library
) -> CudartLibrary:
    """Return the first library that the driver supports.

    Where there is none, the first of the driver's major version is returned: a desktop driver runs newer
    minor versions of its own major version. Where there is none of it either, the first of all is returned,
    whose calls fail with error 35.

    Raises:
        BackendUnavailableError: no library can be loaded.
    """
    unsupported: list[CudartLibrary] = []
    for path in paths:
        try:
            library = load(path)
        except (OSError, AttributeError) as error:
            _LOG.debug("%s is not used: %s", path, error)
            continue
        if library.is_supported or not library.driver:
            return library
        unsupported.append(library)
    if not unsupported:
        raise BackendUnavailableError(_not_found(jetson=is_jetson()))
    return min(unsupported, key=lambda library: library.runtime // 1000 != library.driver // 1000)


def library_paths(
    root: Path = Path("/"), packages: Sequence[str] | None = None, prefix: str = sys.prefix
) -> Iterator[str]:
    """Yield where a libcudart may be, the preferred place first.

    Args:
        root: of the file system.
        packages: folders of Python packages; None for `sys.path`.
        prefix: of the Python environment, where conda installs libraries.
    """
    folders = [Path(folder) for folder in (sys.path if packages is None else packages) if folder]
    in_packages = [*_files(folders, _PACKAGES), *_files([Path(prefix)], ("lib",))]
    in_system = _files([root], _SYSTEM)
    # A Jetson's driver fits JetPack's own CUDA; elsewhere the environment's packages fit each other.
    ordered = [*in_system, *in_packages] if is_jetson(root) else [*in_packages, *in_system]
    yield from dict.fromkeys(map(str, ordered))
    yield from _LOADER_NAMES


def _files(folders: Iterable[Path], patterns: Sequence[str]) -> Iterator[Path]:
    """Yield the libraries of folders, the newest version of a pattern first, links resolved."""
    for folder in folders:
        for pattern in patterns:
            for path in sorted(folder.glob(f"{pattern}/libcudart.so.*"), key=_version_key, reverse=True):
                yield path.resolve()


def _version_key(path: Path) -> tuple[int, ...]:
    parts = path.name.partition(".so.")[2].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def _version(function: Any) -> int:
    value = c_int()
    status = function(byref(value))
    return value.value if status == 0 else 0


def _named_version(path: str) -> int:
    major, minor = (*_version_key(Path(path)), 0, 0)[:2]
    return major * 1000 + minor * 10


def _not_found(*, jetson: bool) -> str:
    install = (
        "On a Jetson it comes with JetPack: `sudo apt install nvidia-jetpack`, or mount /usr/local/cuda into "
        "the container"
        if jetson
        else "Install it with `pip install nvidia-cuda-runtime` (CUDA 13) or `pip install "
        "nvidia-cuda-runtime-cu12`, whichever `nvidia-smi` shows, or install the CUDA toolkit"
    )
    return (
        "The CUDA runtime library (libcudart.so of CUDA 11, 12 or 13) is not found: it is not in "
        f"/usr/local/cuda*, not in the Python packages and not known to the loader. {install}."
    )
