"""Small graphs whose weight file has several hard links, which ONNX Runtime refuses in some graphs.

From 1.32 on it takes a second link for an attack where a loop's body reads weights, as the encoder's does. uv
installs packages as hard links into its cache, so the bundle in the package would not load.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_REFUSAL: Final = "multiple hard links"
_MAX_BYTES: Final = 64_000_000
"""A bundle of gigabytes is rather copied once, by hand, than at every start."""


def refuses_links(error: Exception) -> bool:
    """Tell whether ONNX Runtime refused a weight file for its links."""
    return _REFUSAL in str(error)


def is_small(model: str) -> bool:
    """Tell whether a graph, given by its path, and its weights may be copied at every start."""
    return sum(path.stat().st_size for path in _files(model)) <= _MAX_BYTES


@contextmanager
def copied(model: str) -> Iterator[str]:
    """Copy a graph and its weights, without links, for as long as they are loaded.

    ONNX Runtime maps the weights: their memory outlives the name of the file.

    Args:
        model: path of the graph.

    Yields:
        Path of the graph's copy.
    """
    with TemporaryDirectory(prefix="edge-asr-") as folder:
        for path in _files(model):
            shutil.copyfile(path, Path(folder, path.name))
        yield str(Path(folder, Path(model).name))


def _files(model: str) -> list[Path]:
    graph = Path(model)
    return sorted(graph.parent.glob(f"{graph.name}*"))
