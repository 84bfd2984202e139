"""Samples of any library as a NumPy array whose full scale is known."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.errors import AudioTypeError, UsageError

_MAX_INTEGER_BITS: Final = 32
"""No program keeps audio in wider integers. NumPy makes them of a list, whose full scale is unknown."""
_MAX_DIMENSIONS: Final = 2


def to_samples(values: Any, accepted: str) -> Array:
    """Convert samples to an array.

    Args:
        values: floats in [-1, 1], or integers of at most 32 bits, shape (num_samples,) or
            (num_samples, channels): an array, a list, or an object with `__array__`.
        accepted: what a caller may pass, for the error.

    Raises:
        AudioTypeError: they are no numbers, or cannot be converted.
        UsageError: integers whose full scale is unknown, or more than two dimensions.
    """
    array = _as_array(values, accepted)
    kind, name = array.dtype.kind, array.dtype.name
    if kind not in "fiu" or array.ndim == 0:
        raise AudioTypeError(f"Samples of type {name} are not audio. {_hint(values)}{accepted}.")
    if kind in "iu" and array.dtype.itemsize * 8 > _MAX_INTEGER_BITS:
        raise UsageError(
            f"Samples of type {name} have no known full scale. Convert them: "
            f"numpy.asarray(samples, numpy.int16) for 16-bit audio, or floats in [-1, 1]."
        )
    if array.ndim > _MAX_DIMENSIONS:
        raise UsageError(
            f"Samples of shape {array.shape} are neither (num_samples,) nor (num_samples, channels). "
            f"Pass one recording."
        )
    return array


def _as_array(values: Any, accepted: str) -> Array:
    try:
        return np.asarray(values)
    except Exception as error:
        # Each library refuses in its own words: tensors on a GPU, ragged lists …
        raise AudioTypeError(
            f"{type(values).__name__} cannot be taken as samples: {error} {accepted}."
        ) from error


def _hint(values: Any) -> str:
    if isinstance(values, list) and values and isinstance(values[0], (str, bytes)):
        return "For a list of recordings call transcribe_each. "
    return ""
