"""Load a bundle, and time it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from edge_bench.speed.figures import rss_bytes
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.report import Load
from edge_runtime.backends.device import require_device
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Progress, open_bundle
from edge_runtime.bundle.trust import read_trust
from edge_runtime.recognition.recognizer import Recognizer


@dataclass(frozen=True, slots=True)
class Loaded:
    """A recognizer, its load times, and the resident memory after loading."""

    recognizer: Recognizer
    load: Load
    rss_bytes: int | None
    device_id: int = 0


def load(directory: Path, bench_options: BenchOptions, progress: Progress | None = None) -> Loaded:
    """Verify and load a bundle, and time both; the system is told to forget its files first.

    Raises:
        BundleError: the bundle is missing or not as it was built.
        BackendUnavailableError: its back end is not installed, or it is not for the device.
    """
    is_cold = forget_files(directory)
    start = perf_counter()
    bundle = open_bundle(directory, progress, trust=read_trust(None))
    verified = perf_counter()
    device_id = require_device(bench_options.device, bundle.manifest.target)
    probed = perf_counter()  # probing the device is no part of loading
    recognizer = Recognizer(bundle, SessionOptions(bench_options.threads, device_id))
    times = Load(1e3 * (verified - start), 1e3 * (perf_counter() - probed), is_cold)
    return Loaded(recognizer, times, rss_bytes(), device_id)


def forget_files(directory: Path) -> bool:
    """Tell the system to drop a folder's files from its cache; return whether it could be told.

    A file that another process has mapped stays.
    """
    if not hasattr(os, "posix_fadvise"):
        return False
    try:
        for path in (path for path in directory.iterdir() if path.is_file()):
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError:
        return False
    return True
