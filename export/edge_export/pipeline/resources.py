"""Disk and memory: what a build needs, what the machine has, and errors when either runs out."""

from __future__ import annotations

import errno
import math
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_export.checkpoint.tensor_names import expected_shapes
from edge_runtime.errors import ResourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_export.checkpoint.config import ModelConfig

_GB: Final = 1e9
_FLOAT_BYTES: Final = 4
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DENIED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

_DISK_EXTRA: Final = 400e6
"""Reference answers (three probes of 50 × V logits), golden answers, tokenizer, slack."""
_MEMORY_EXTRA: Final = 1.5e9
"""Interpreter, torch, transformers and activations."""
_MEMORY_FACTOR: Final = 1.35
"""Peak over float32 weights: a copy in the reference or in the session, and its packing."""

_MEMINFO: Final = Path("/proc/meminfo")
_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class Requirements:
    """Bytes a build needs at its peak."""

    disk: int
    memory: int


def estimate(config: ModelConfig) -> Requirements:
    """Return the requirements of a float32 build of this checkpoint."""
    num_parameters = sum(math.prod(shape) for shape in expected_shapes(config).values())
    weights = _FLOAT_BYTES * num_parameters
    return Requirements(
        disk=round(weights + _DISK_EXTRA), memory=round(weights * _MEMORY_FACTOR + _MEMORY_EXTRA)
    )


def check_disk(requirements: Requirements, directory: Path, already_written: int) -> None:
    """Refuse a build that would fill the disk.

    Args:
        requirements: what the whole build needs.
        directory: where it is written; may not exist yet.
        already_written: bytes of finished stages that will be used again.

    Raises:
        ResourceError: there is less free space.
    """
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free + already_written < requirements.disk:
        raise ResourceError(
            f"The build needs {requirements.disk / _GB:.1f} GB of disk in {existing}, "
            f"{free / _GB:.1f} GB are free. "
            f"Free some, or choose another place with --output-dir."
        )


def check_memory(requirements: Requirements) -> str | None:
    """Compare with this machine's memory.

    Returns:
        A warning if memory exists but is in use, None otherwise.

    Raises:
        ResourceError: the machine does not have that much.
    """
    total, available = machine_memory()
    if requirements.memory > total:
        raise ResourceError(
            f"The build needs about {requirements.memory / _GB:.1f} GB of memory, this machine has "
            f"{total / _GB:.1f} GB. Build on a larger machine and copy the bundle."
        )
    if requirements.memory > available:
        return (
            f"the build needs about {requirements.memory / _GB:.1f} GB of memory, "
            f"{available / _GB:.1f} GB are free now: it may be slow or be stopped"
        )
    return None


def machine_memory() -> tuple[int, int]:
    """Return total and available bytes; a container's limit counts as its machine's memory."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if _CGROUP_LIMIT.is_file() and (limit := _CGROUP_LIMIT.read_text().strip()).isdigit():
        total = min(total, int(limit))
    if not _MEMINFO.is_file():
        return total, total
    fields = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
    return total, min(total, int(fields["MemAvailable"].split()[0]) * 1024)


@contextmanager
def translate_failures(directory: Path) -> Iterator[None]:
    """Turn running out of disk or memory, and folders that refuse writing, into errors that say what to do.

    Raises:
        ResourceError: disk or memory ran out.
        UsageError: the output cannot be written to.
    """
    try:
        yield
    except MemoryError as error:
        raise _out_of_memory() from error
    except OSError as error:
        if error.errno in _FULL:
            raise ResourceError(
                f"{directory}: {error.strerror} while building. Free some disk or choose another place with "
                f"--output-dir, then run the same command again: finished stages are kept."
            ) from error
        if error.errno in _DENIED:
            raise UsageError(
                f"{error.filename or directory}: {error.strerror}. Choose another place with --output-dir."
            ) from error
        raise
    except RuntimeError as error:
        # torch has no error class of its own for this.
        if "allocate memory" not in str(error):
            raise
        raise _out_of_memory() from error


def _out_of_memory() -> ResourceError:
    return ResourceError(
        "Out of memory while building. Free some, or build on a larger machine and copy the bundle. "
        "Run the same command again: finished stages are kept."
    )
