"""The timing cache of `tensorrt`: kernel measurements that later builds reuse.

TensorRT-RTX measures nothing when it builds: it compiles for the GPU on first use.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.engine.builder.library import TrtLibrary

_LOG: Final = logging.getLogger(__name__)


def attach(library: TrtLibrary, config: Any, path: Path | None) -> None:
    """Give a configuration the stored measurements, or an empty store.

    Args:
        library: the library; nothing is done for TensorRT-RTX.
        config: an `IBuilderConfig`.
        path: file of the measurements; None stores nothing.
    """
    if path is None or library.target != "tensorrt":
        return
    stored = path.read_bytes() if path.is_file() else b""
    cache = config.create_timing_cache(stored)
    # TensorRT refuses the cache of another version or GPU, in the first call or in the second; an empty cache
    # only makes the build slower.
    if cache is None or not config.set_timing_cache(cache, ignore_mismatch=False):
        _LOG.info("%s: measurements of another TensorRT version or GPU, measuring again", path)
        config.set_timing_cache(config.create_timing_cache(b""), ignore_mismatch=False)


def store(library: TrtLibrary, config: Any, path: Path | None) -> None:
    """Store what a build has measured."""
    if path is None or library.target != "tensorrt":
        return
    cache = config.get_timing_cache()
    if cache is None:
        return
    temporary = path.with_suffix(".partial")
    temporary.write_bytes(cache.serialize())
    temporary.replace(path)
