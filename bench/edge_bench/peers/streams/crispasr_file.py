"""A checkpoint as a GGUF file that CrispASR runs, quantized by the program's own library.

    python -m edge_bench.peers.streams.crispasr_file CHECKPOINT BUNDLE LIBRARY OUTPUT

Tower at 8 bits, decoder at 4 (`Q4_K`), head at 6 (`Q6_K`), biases and norms in float32.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np

from edge_bench.peers.safetensors_file import read_tensors
from edge_bench.peers.streams.crispasr_names import (
    ARCHITECTURE,
    FILTERS,
    HEAD,
    TOWER,
    WINDOW,
    metadata,
    tensor_name,
)
from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.specs import FeatureSpec
from edge_runtime.model.fbank import mel_filters

_TYPES: Final = gguf.GGMLQuantizationType


def write_gguf(checkpoint: Path, features: FeatureSpec, library: Path, output: Path) -> None:
    """Write the file atomically.

    Args:
        checkpoint: folder of the original layout, with the tokenizer's `vocab.json` and `merges.txt`.
        features: of the model.
        library: `libggml-base.so` of the program.
        output: the file.
    """
    partial = output.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, ARCHITECTURE, use_temp_file=True)
    config = json.loads((checkpoint / "config.json").read_text("utf-8"))
    for key, value in metadata(config).items():
        if isinstance(value, float):
            writer.add_float32(key, value)
        else:
            writer.add_uint32(key, value)
    _add_tokenizer(writer, checkpoint, config["thinker_config"]["text_config"]["vocab_size"])
    writer.add_tensor(FILTERS, np.ascontiguousarray(mel_filters(features).T))
    writer.add_tensor(WINDOW, np.hanning(features.n_fft + 1)[:-1].astype(np.float32))
    quantizer = ctypes.CDLL(str(library))
    for name, values in read_tensors(checkpoint):
        _add_tensor(writer, tensor_name(name), values, quantizer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(output)


def _add_tokenizer(writer: Any, checkpoint: Path, vocab_size: int) -> None:
    ids = json.loads((checkpoint / "vocab.json").read_text("utf-8"))
    tokens = sorted(ids, key=ids.__getitem__)
    tokens += [f"[PAD{number}]" for number in range(len(tokens), vocab_size)]
    merges = (checkpoint / "merges.txt").read_text("utf-8").splitlines()
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_merges([line for line in merges if line and not line.startswith("#version")])


def _add_tensor(writer: Any, name: str, values: Any, quantizer: Any) -> None:
    if values.ndim == 1:
        writer.add_tensor(name, values)
    elif values.ndim > 2:  # noqa: PLR2004  # a convolution
        writer.add_tensor(name, values.astype(np.float16))
    else:
        kind = _TYPES.Q8_0 if name.startswith(TOWER) else _TYPES.Q6_K if name == HEAD else _TYPES.Q4_K
        writer.add_tensor(name, _quantized(values, kind, quantizer), raw_dtype=kind)


def _quantized(values: Any, kind: Any, quantizer: Any) -> Any:
    """Return the blocks of a matrix, shape (rows, bytes of a row)."""
    rows, columns = values.shape
    block, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = np.zeros((rows, columns // block * size), np.uint8)
    source = np.ascontiguousarray(values, np.float32)
    quantizer.ggml_quantize_chunk.restype = ctypes.c_size_t
    quantizer.ggml_quantize_chunk(
        ctypes.c_int(kind.value),
        source.ctypes.data_as(ctypes.c_void_p),
        blocks.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_int64(0),
        ctypes.c_int64(rows),
        ctypes.c_int64(columns),
        None,
    )
    return blocks


def main() -> None:
    """Write the file that the arguments name; the bundle tells the features."""
    checkpoint, bundle, library, output = map(Path, sys.argv[1:5])
    write_gguf(checkpoint, read_manifest(bundle).manifest.features, library, output)


if __name__ == "__main__":
    main()
