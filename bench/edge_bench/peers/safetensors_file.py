"""Read a checkpoint's text decoder from safetensors with numpy alone, one tensor at a time."""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_HEADER_LENGTH: Final = struct.Struct("<Q")
_STORED: Final = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def text_config(directory: Path) -> dict[str, Any]:
    """Return the configuration of the text decoder, which the original layout nests one level deeper."""
    config: dict[str, Any] = json.loads((directory / "config.json").read_text("utf-8"))
    text: dict[str, Any] = config.get("thinker_config", config)["text_config"]
    return text


def read_tensors(directory: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield every tensor of every safetensors file as (name, values in float32)."""
    for path in sorted(directory.glob("*.safetensors")):
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            (length,) = _HEADER_LENGTH.unpack_from(data)
            start = _HEADER_LENGTH.size + length
            header = json.loads(data[_HEADER_LENGTH.size : start])
            for name, entry in header.items():
                if name != "__metadata__":
                    first, behind = entry["data_offsets"]
                    yield name, _values(data[start + first : start + behind], entry)


def _values(data: bytes, entry: dict[str, Any]) -> NDArray[np.float32]:
    stored = np.frombuffer(data, _STORED[entry["dtype"]])
    # bfloat16 is the upper half of float32.
    values = (stored.astype("<u4") << 16).view("<f4") if entry["dtype"] == "BF16" else stored
    shaped: NDArray[np.float32] = values.astype(np.float32, copy=False).reshape(entry["shape"])
    return shaped
