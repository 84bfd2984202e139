"""Shapes and dtypes of tensors: those of the manifest, of a loaded graph, and of what a caller feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.bundle.specs import TensorSpec
from edge_runtime.errors import GraphError

Shape: TypeAlias = tuple[int, ...]
"""Sizes of all dimensions."""

Signature: TypeAlias = Mapping[str, tuple[str, int]]
"""Name → dtype, as `TensorSpec.dtype` spells it, and number of dimensions."""

_RANK: Final = 4
_HOST_DTYPES: Final[Mapping[str, str]] = {"bfloat16": "uint16"}


def shape_of(spec: TensorSpec, dims: Mapping[str, int]) -> Shape:
    """Return a tensor's shape with its named dimensions taken from `dims`."""
    return tuple(dim if isinstance(dim, int) else dims[dim] for dim in spec.shape)


def require_rows_fit(rows: Shape, caches: Sequence[Shape], starts: Sequence[int]) -> None:
    """Refuse rows whose shape does not match caches, or that would end beyond them.

    Args:
        rows: shape of the rows, (B, T × N, S, D).
        caches: shapes of T caches, all (B, N, M, D).
        starts: for each of the B sequences, the row of M that its first row of S becomes.

    Raises:
        GraphError: gives both shapes.
    """
    cache = caches[0]
    fits = (
        len(rows) == len(cache) == _RANK
        and all(other == cache for other in caches)
        and (*rows[:2], rows[3]) == (cache[0], len(caches) * cache[1], cache[3])
        and len(starts) == rows[0]
        and all(0 <= start <= cache[2] - rows[2] for start in starts)
    )
    if not fits:
        raise GraphError(
            f"Rows of shape {rows} cannot be appended at {list(starts)} to {len(caches)} caches of shape "
            f"{cache}. This is a defect of the caller: size the cache for prompt and output."
        )


def host_dtype(spec: TensorSpec) -> np.dtype[np.generic]:
    """Return the NumPy dtype of a tensor; bfloat16, which NumPy lacks, is its bits as uint16."""
    return np.dtype(_HOST_DTYPES.get(spec.dtype, spec.dtype))


def lost_rows(source: str, targets: Sequence[str]) -> GraphError:
    """Return the error for rows to append that are not in memory: no run yet, or that of another binding."""
    others = f" and {len(targets) - 1} more" if len(targets) > 1 else ""
    return GraphError(
        f"Rows of {source!r} are to be appended to {targets[0]!r}{others}, and the latest run of the session "
        f"is not one of this binding. Append the rows of a run before the next one, of whichever binding."
    )


def require_same_signature(graph: str, kind: str, declared: Sequence[TensorSpec], actual: Signature) -> None:
    """Refuse a loaded graph whose inputs or outputs are not those of the manifest.

    Args:
        graph: its file, for the error.
        kind: "input" or "output".
        declared: what the manifest says.
        actual: what the loaded graph says.

    Raises:
        GraphError: gives the first tensor that differs.
    """
    expected = {spec.name: (spec.dtype, len(spec.shape)) for spec in declared}
    differing = [n for n in expected.keys() | actual.keys() if expected.get(n) != actual.get(n)]
    if differing:
        name = min(differing)
        raise GraphError(
            f"{graph}: its {kind}s are not those of the manifest ({name!r}: graph {actual.get(name)}, "
            f"manifest {expected.get(name)}). Rebuild the bundle with `edge-asr build-engines`."
        )


def require_fit(expected: Mapping[str, TensorSpec], feeds: Mapping[str, Array]) -> None:
    """Refuse feeds of other names, dtypes or ranks.

    Args:
        expected: every input that must be fed.
        feeds: host arrays.

    Raises:
        GraphError: names the first input that differs.
    """
    if expected.keys() != feeds.keys():
        name = min(expected.keys() ^ feeds.keys())
        raise GraphError(
            f"The graph is fed {sorted(feeds)} and takes {sorted(expected)} (first difference: {name!r})."
        )
    for name, array in feeds.items():
        spec = expected[name]
        if array.dtype != host_dtype(spec) or array.ndim != len(spec.shape):
            raise GraphError(
                f"Input {name!r} is fed {array.dtype} of shape {array.shape}; the graph takes "
                f"{spec.dtype} of shape {spec.shape}."
            )
