"""Whether what a caller feeds is what a graph takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.bundle.manifest import TensorSpec
from edge_runtime.errors import GraphError

_HOST_DTYPES: Final[Mapping[str, str]] = {"bfloat16": "uint16"}


def host_dtype(spec: TensorSpec) -> np.dtype[np.generic]:
    """Return the NumPy dtype of a tensor; of bfloat16, which NumPy lacks, the bits."""
    return np.dtype(_HOST_DTYPES.get(spec.dtype, spec.dtype))


def require_fit(wanted: Mapping[str, TensorSpec], feeds: Mapping[str, Array]) -> None:
    """Refuse feeds of other names, dtypes or ranks.

    Args:
        wanted: every input that must be fed.
        feeds: host arrays.

    Raises:
        GraphError: names what differs first.
    """
    if wanted.keys() != feeds.keys():
        name = min(wanted.keys() ^ feeds.keys())
        raise GraphError(
            f"The graph is fed {sorted(feeds)} and takes {sorted(wanted)} (first difference: {name!r})."
        )
    for name, array in feeds.items():
        spec = wanted[name]
        if array.dtype != host_dtype(spec) or array.ndim != len(spec.shape):
            raise GraphError(
                f"Input {name!r} is fed {array.dtype} of shape {array.shape}; the graph takes "
                f"{spec.dtype} of shape {spec.shape}."
            )
