"""Names for the arrays and units that cross module borders.

Dimension letters: B batch, T mel frames, F mel bins, W encoder windows, A audio tokens, S sequence,
M key/value capacity, L layers, K key/value heads, D head dimension, H hidden size, V vocabulary.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""Any host array."""

Waveform: TypeAlias = NDArray[np.float32]
"""Mono samples in [-1, 1], shape (num_samples,)."""

LogMel: TypeAlias = NDArray[np.float32]
"""Log-mel spectrogram, shape (F, T)."""

AudioEmbeds: TypeAlias = NDArray[np.float32]
"""Projected encoder output, shape (A, H)."""

TokenIds: TypeAlias = NDArray[np.int64]
"""Token ids, shape (S,)."""

Seconds: TypeAlias = float
Milliseconds: TypeAlias = float
