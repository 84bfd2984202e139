"""Silero's voice activity detector in NumPy.

The graph is `silero_vad_16k_sequence.onnx` 6.2: magnitudes of a short-time Fourier transform, four
convolutions, an LSTM, one probability for each frame. ADR 13 says why ONNX Runtime does not run it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.errors import BundleError
from edge_runtime.opened_file import OpenedFile
from edge_runtime.vad.onnx_weights import read_weights

CONTEXT_SAMPLES: Final = 64
"""Samples of the frame before that each frame begins with."""
_FFT, _BINS, _REFLECTED = 256, 129, 64
_WINDOWS: Final = range(0, 512, 128)
_HIDDEN: Final = 128
_LSTM: Final = ("onnx::LSTM_209", "onnx::LSTM_210", "onnx::LSTM_211")
"""The exporter's names of input weights, recurrent weights and biases."""


class SileroState(NamedTuple):
    """What the LSTM carries from frame to frame; each of shape (128,)."""

    hidden: Array
    cell: Array

    @classmethod
    def zero(cls) -> SileroState:
        """Return the state before the first frame."""
        return cls(np.zeros(_HIDDEN, np.float32), np.zeros(_HIDDEN, np.float32))


class SileroNetwork:
    """The network. Threads may share it: a stream's state is the caller's.

    A frame's products are matrices of its own, so a probability does not depend on how many frames a call
    has; they are too small for OpenBLAS to share them among threads, which would wait for each other.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        """Take the initialisers of the graph by their names.

        Raises:
            KeyError: one is missing.
        """
        basis = weights["stft.forward_basis_buffer"][:, 0].T
        self._real: Final = np.ascontiguousarray(basis[:, :_BINS])
        self._imaginary: Final = np.ascontiguousarray(basis[:, _BINS:])
        self._layers: Final = [_matrix(weights, layer) for layer in range(4)]
        on_input, on_hidden, biases = (weights[name][0] for name in _LSTM)
        self._on_input: Final = np.ascontiguousarray(on_input.T)
        # In eight parts: see above.
        self._on_hidden: Final = np.ascontiguousarray(on_hidden.reshape(8, -1, _HIDDEN))
        self._bias: Final = biases[: 4 * _HIDDEN] + biases[4 * _HIDDEN :]
        self._output: Final = weights["output.weight"].reshape(_HIDDEN)
        self._output_bias: Final = weights["output.bias"]

    @classmethod
    def read(cls, file: OpenedFile) -> SileroNetwork:
        """Read the graph of a bundle.

        Raises:
            BundleError: it is another graph.
        """
        try:
            return cls(read_weights(file.read_bytes()))
        except (KeyError, ValueError, IndexError) as error:
            raise BundleError(f"{file}: not silero's VAD ({error}). Rebuild the bundle.") from error

    def run(self, frames: Array, state: SileroState) -> tuple[Array, SileroState]:
        """Return the probability of speech in each frame, shape (n,), and the state behind the last.

        Args:
            frames: 64 samples of the frame before and 512 of its own, float32, shape (n, 576).
            state: behind the frame before.
        """
        gates = self._gates(frames)
        hidden = np.empty((len(frames), _HIDDEN), np.float32)
        for index, gate in enumerate(gates):
            state = self._step(gate, state)
            hidden[index] = state.hidden
        logits = np.maximum(hidden, 0)[:, None] @ self._output + self._output_bias
        return _sigmoid(logits[:, 0]), state

    def _gates(self, frames: Array) -> Array:
        """Return the input's share of the LSTM's gates, shape (n, 512)."""
        padded = np.concatenate([frames, frames[:, -2 : -2 - _REFLECTED : -1]], axis=1)
        windows = np.stack([padded[:, at : at + _FFT] for at in _WINDOWS], axis=1)
        real, imaginary = windows @ self._real, windows @ self._imaginary
        values = np.sqrt(real * real + imaginary * imaginary)
        for (weight, bias), stride in zip(self._layers, (1, 2, 2, 1), strict=True):
            values = np.maximum(_neighbours(values, stride) @ weight + bias, 0)
        gates: Array = (values @ self._on_input + self._bias)[:, 0]
        return gates

    def _step(self, gate: Array, state: SileroState) -> SileroState:
        """Run the LSTM once; gates are in the order of ONNX: input, output, forget, cell."""
        summed = gate + (self._on_hidden @ state.hidden).reshape(-1)
        opened = _sigmoid(summed[: 3 * _HIDDEN])
        new = np.tanh(summed[3 * _HIDDEN :])
        cell = opened[2 * _HIDDEN :] * state.cell + opened[:_HIDDEN] * new
        return SileroState(opened[_HIDDEN : 2 * _HIDDEN] * np.tanh(cell), cell)


def _matrix(weights: Mapping[str, Array], layer: int) -> tuple[Array, Array]:
    """Return a convolution's weights as a matrix, shape (3 × channels in, channels out), and its bias."""
    weight = weights[f"encoder.{layer}.weight"]
    matrix = np.ascontiguousarray(weight.transpose(2, 1, 0)).reshape(-1, len(weight))
    return matrix, weights[f"encoder.{layer}.bias"]


def _neighbours(values: Array, stride: int) -> Array:
    """Return each place beside its neighbours, zeros at the ends: (n, T, C) → (n, T / stride, 3 × C)."""
    count, length, channels = values.shape
    padded = np.zeros((count, length + 2, channels), np.float32)
    padded[:, 1:-1] = values
    places = range(0, length, stride)
    return np.stack([padded[:, at : at + 3].reshape(count, 3 * channels) for at in places], axis=1)


def _sigmoid(values: Array) -> Array:
    with np.errstate(over="ignore"):  # of what is far below 0: the result is 0
        positive: Array = 1 / (1 + np.exp(-values))
    return positive
