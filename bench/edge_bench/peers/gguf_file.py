"""A checkpoint's text decoder as a GGUF file that llama.cpp runs: architecture `qwen3`, tied head.

Matrices are in float16, and llama.cpp quantizes them itself. The file has no vocabulary: inputs are ids.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np

from edge_bench.peers.gguf_names import gguf_name, metadata
from edge_bench.peers.safetensors_file import read_tensors, text_config


def write_gguf(checkpoint: Path, output: Path) -> None:
    """Write the file atomically.

    Args:
        checkpoint: folder of either layout.
        output: the file.
    """
    partial = output.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "qwen3", use_temp_file=True)
    _describe(writer, metadata(text_config(checkpoint)))
    for name, values in read_tensors(checkpoint):
        target = gguf_name(name)
        if target is None:
            continue
        # Norms stay float32, as llama.cpp expects.
        writer.add_tensor(target, values if values.ndim == 1 else values.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(output)


def _describe(writer: Any, values: dict[str, int | float | str]) -> None:
    for key, value in values.items():
        if isinstance(value, str):
            writer.add_string(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_float32(key, value)
