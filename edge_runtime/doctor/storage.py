"""Room on disks, and folders that must take files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import Finding

_GB: Final = 1e9
_MIN_FREE: Final = 2e9
"""A bundle of 0.6B takes 0.5 to 2 GB, in float32 more."""


def storage_findings(host: Host, engines: Path) -> Iterator[Finding]:
    """Yield whether disks have room and folders take files.

    Args:
        host: whose environment names home and cache.
        engines: folder of the bundles.
    """
    yield _disk_finding(engines)
    yield _temporary_finding()
    yield _home_finding(host)


def why_not_writable(folder: Path) -> str | None:
    """Return why no file can be made in a folder, or where the folder would be made; None where one can."""
    existing = next(each for each in (folder, *folder.absolute().parents) if each.is_dir())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _disk_finding(engines: Path) -> Finding:
    folder = next(each for each in (engines.absolute(), *engines.absolute().parents) if each.is_dir())
    free = shutil.disk_usage(folder).free
    message = f"{free / _GB:.1f} GB are free on the disk of {folder}"
    if free < _MIN_FREE:
        hint = f"du -xh --max-depth=2 {folder} | sort -h | tail"
        message = f"{message}, and a bundle of 0.6B takes up to 2 GB."
        return Finding(code="storage.disk", status="warning", message=message, hint=hint)
    return Finding(code="storage.disk", status="ok", message=f"{message}.")


def _temporary_finding() -> Finding:
    code = "storage.temporary"
    try:
        folder = tempfile.gettempdir()
    except OSError as error:
        message = f"No folder takes temporary files, which decoding with ffmpeg needs ({error.strerror})."
        return Finding(code=code, status="failed", message=message, hint="export TMPDIR=/path/to/a/folder")
    return Finding(code=code, status="ok", message=f"Temporary files can be made in {folder}.")


def _home_finding(host: Host) -> Finding:
    home = Path(host.environ.get("HOME") or "/")
    cache = Path(host.environ.get("XDG_CACHE_HOME") or home / ".cache")
    reasons = {folder: why_not_writable(folder) for folder in (home, cache)}
    refused = [f"{folder} ({reason})" for folder, reason in reasons.items() if reason]
    if not refused:
        return Finding(code="storage.home", status="ok", message=f"Home and cache take files ({home}).")
    message = (
        f"No file can be made in {' and '.join(refused)}: transcription works, and CUDA's compiled kernels "
        f"and fetched checkpoints are not kept."
    )
    hint = "export CUDA_CACHE_PATH=/var/tmp/cuda-cache HF_HOME=/var/tmp/huggingface"
    return Finding(code="storage.home", status="warning", message=message, hint=hint)
