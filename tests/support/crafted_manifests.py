"""Manifests that are hashed right and hold what no model has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_VALUES: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("features.sample_rate", (10**9, 0, -1, 2**31, 16_000.5, 10**30)),
    ("features.n_fft", (0, -400, 2**30, 8)),
    ("features.hop_length", (0, -1, 401)),
    ("features.n_mels", (0, 10**6, 80)),
    ("features.fmin", (-1.0, 8000.0)),
    ("features.fmax", (1e9, 0.0, 8001.0)),
    ("features.log_floor", (0.0, -1e-10, 2.0)),
    ("features.dynamic_range", (0.0, 1e300)),
    ("features.min_samples", (0, 10**12, 399)),
    ("encoder.chunk_frames", (0, 10**9, 7)),
    ("encoder.chunk_tokens", (0, 101)),
    ("encoder.window_frames", (0, 10**9, 850)),
    ("encoder.hidden_size", (0, 2**40)),
    ("encoder.output_size", (0, 191)),
    ("limits.max_audio_s", (0.0, -1.0, 1e300)),
    ("limits.max_positions", (0, 2**62)),
    ("limits.max_new_tokens", (-1, 0, 2**62)),
    ("limits.prefill_chunk", (0, -1, 2**40)),
    ("limits.encoder_batch", (0, 10**6)),
    ("decoder.num_layers", (0, 10**9)),
    ("decoder.num_heads", (0, 3)),
    ("decoder.num_kv_heads", (0, 3)),
    ("decoder.head_dim", (0, 2**30)),
    ("decoder.hidden_size", (0, 2**30)),
    ("decoder.vocab_size", (0, 5, 2**40)),
    ("decoder.kv_capacity", (0, 10**12)),
    ("decoder", (None,)),
    ("prompt", (None,)),
    ("prompt.audio_id", (-1, 2**40, 5000)),
    ("prompt.eos_ids", ([2**63], [-1])),
    ("prompt.text_tag", ("", "a\0b", "x" * 5000)),
    ("languages.0.name", ("", "a\0b", "x" * 300)),
    ("languages.0.force_ids", ([0] * 100_000, [2**40])),
    ("name", ("../../etc", "a/b", "a\0b", "mini\n", "", "x" * 5000)),
    ("kind", ("aligner", "other")),
    ("target", ("tensorrt-9",)),
    ("precision", ("../fp32",)),
    ("schema", ("edge-asr/bundle@3", "", 2)),
    ("components", ({},)),
    (
        "components.encoder.graph",
        ("../secret", "/etc/passwd", "sub/x", "a\0b", "absent.onnx", ".", "x" * 300),
    ),
    ("components.decoder.opset", (0, 10**9)),
    ("components.decoder.inputs.0.shape", ([-1], [2**60], ["x"] * 100)),
    ("components.decoder.inputs.0.name", ("", "a\0b")),
    ("components.decoder.inputs.0.dtype", ("float8",)),
    ("files", ({},)),
    ("files.tokenizer\\.json.bytes", (-1, 2**60, 1.5)),
    ("files.tokenizer\\.json.sha256", ("", "0" * 63, "F" * 64, "0" * 64 + "\n")),
    ("surprise", (1,)),
)
_NAMES = ("..", ".", "", "a/b", "a\\b", "a\0b", "/etc/hostname", "x" * 300, "é" * 150, "a\nb", "a\n", " ")
"""Of a file in the list."""


def crafted_manifests(manifest: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what is wrong, and a manifest, made from that of a bundle that transcribes."""
    for path, values in _VALUES:
        for value in values:
            yield f"{path} = {value!r:.40}", _changed(manifest, path, value)
    for name in _NAMES:
        entry = {"bytes": 1, "sha256": "0" * 64}
        tree = json.loads(manifest)
        yield f"file {name!r:.40}", json.dumps({**tree, "files": {**tree["files"], name: entry}}).encode()
    yield from _documents(manifest)


def _documents(manifest: bytes) -> Iterator[tuple[str, bytes]]:
    tree = json.loads(manifest)
    yield "many languages", json.dumps({**tree, "languages": tree["languages"][:1] * 2000}).encode()
    yield "deep lists", b'{"schema": "edge-asr/bundle@2", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    yield (
        "deep objects",
        b'{"schema": "edge-asr/bundle@2", "x": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    )
    yield "brackets that never close", manifest[:-2] + b"[" * 3_000_000
    yield "longer than any", manifest + b" " * (5 << 20)
    yield "not UTF-8", manifest.replace(b'"mini"', b'"\xff\xfe"')
    yield "a byte order mark", b"\xef\xbb\xbf" + manifest
    yield "two documents", manifest + manifest
    yield "no number", manifest.replace(b'"fmax": 8000.0', b'"fmax": NaN')
    yield "infinity", manifest.replace(b'"fmax": 8000.0', b'"fmax": 1e999')
    for data in (b"", b"null", b"[]", b"{}", b"1", b'"x"', b"\0" * 100, b"[" * 100):
        yield f"{data!r:.20} alone", data


def _changed(manifest: bytes, path: str, value: object) -> bytes:
    """Return a manifest with one value set; a dot in a key is written with a backslash."""
    tree = json.loads(manifest)
    *parents, last = [key.replace("\0", ".") for key in path.replace("\\.", "\0").split(".")]
    holder: Any = tree
    for key in parents:
        holder = holder[int(key) if isinstance(holder, list) else key]
    holder[last] = value
    return json.dumps(tree).encode()
