"""The audio of `input_audio_buffer.append`: base64 of 16-bit samples, or of µ-law or A-law."""

from __future__ import annotations

import base64
import binascii
from typing import Final, Literal, TypeAlias

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.serve.http.errors import ApiError

Encoding: TypeAlias = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]

TELEPHONE_RATE: Final = 8_000


def samples_of(audio: str, encoding: Encoding) -> bytes:
    """Return 16-bit samples, little-endian.

    Raises:
        ApiError: it is no base64, or half a sample.
    """
    try:
        data = base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError("audio is not base64.", param="audio") from error
    if encoding == "audio/pcm":
        if len(data) % 2:
            raise ApiError(f"audio has {len(data)} bytes; samples are of two bytes each.", param="audio")
        return data
    table = _MU_LAW if encoding == "audio/pcmu" else _A_LAW
    return table[np.frombuffer(data, np.uint8)].tobytes()


def _mu_law() -> Array:
    """Return the sample of each byte, as ITU-T G.711 has them."""
    codes = ~np.arange(256, dtype=np.uint8)
    exponents, mantissas = (codes >> 4) & 7, (codes & 15).astype(np.int32)
    magnitudes = (((mantissas << 3) + 132) << exponents) - 132
    return np.where(codes & 128, -magnitudes, magnitudes).astype("<i2")


def _a_law() -> Array:
    """Return the sample of each byte, as ITU-T G.711 has them."""
    codes = np.arange(256, dtype=np.uint8) ^ 0x55
    exponents, mantissas = ((codes >> 4) & 7).astype(np.int32), (codes & 15).astype(np.int32)
    magnitudes = np.where(
        exponents == 0, (mantissas << 4) + 8, ((mantissas << 4) + 264) << np.maximum(exponents - 1, 0)
    )
    return np.where(codes & 128, magnitudes, -magnitudes).astype("<i2")


_MU_LAW: Final = _mu_law()
_A_LAW: Final = _a_law()
