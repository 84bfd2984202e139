"""A checkpoint's text decoder as a GGUF file that llama.cpp runs: architecture `qwen3`, tied head.

Every matrix is quantised alike, the embedding and with it the head included. `llama-quantize` keeps those at
six bits, so this file is a little smaller and faster than one of that tool. It holds no vocabulary; ids go
in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf

from edge_bench.peers.gguf_names import gguf_name, metadata
from edge_bench.peers.safetensors_file import read_tensors, text_config


def write_gguf(checkpoint: Path, form: str, output: Path) -> None:
    """Write the file, whole or not at all.

    Args:
        checkpoint: folder of either layout.
        form: q4_0 or q8_0.
        output: the file.
    """
    kind = gguf.GGMLQuantizationType[form.upper()]
    partial = output.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "qwen3", use_temp_file=True)
    _describe(writer, metadata(text_config(checkpoint)))
    for name, values in read_tensors(checkpoint):
        target = gguf_name(name)
        if target is None:
            continue
        if values.ndim == 1:
            writer.add_tensor(target, values)
        else:
            writer.add_tensor(target, gguf.quants.quantize(values, kind), raw_dtype=kind)
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
