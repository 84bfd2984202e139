"""Checkpoints whose geometry, numbers or files differ from the released ones, and are sound."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from edge_export.checkpoint.tensor_names import original_name
from tests.checkpoints.case import Case, Made
from tests.checkpoints.folder import cast, change, edit, write

_GEOMETRY: dict[str, dict[str, dict[str, Any]]] = {
    "as released, small": {},
    "one key/value head": {"text": {"num_kv_heads": 1}},
    "as many key/value heads as queries": {"text": {"num_kv_heads": 4}},
    "queries wider than the model": {"text": {"head_dim": 64, "num_heads": 6, "num_kv_heads": 3}},
    "window of 1 s": {"audio": {"window_frames": 100}},
    "window of 2 s": {"audio": {"window_frames": 200}},
    "window of 3 s": {"audio": {"window_frames": 300}},
    "window of 12 s": {"audio": {"window_frames": 1200}},
    "80 mel bins": {"audio": {"num_mel_bins": 80}},
    "epsilon 1e-4": {"text": {"rms_norm_eps": 1e-4}},
    "theta 1e4": {"text": {"rope_theta": 1e4}},
    "three encoder layers, one decoder layer": {"audio": {"num_layers": 3}, "text": {"num_layers": 1}},
    "encoder narrower than the decoder": {
        "audio": {"d_model": 48, "num_heads": 3, "output_dim": 96},
        "text": {"hidden_size": 96},
    },
}
_DTYPES = {
    "float16": (torch.float16,),
    "float32": (torch.float32,),
    "float64": (torch.float64,),
    "bfloat16 and float32 by turns": (torch.bfloat16, torch.float32),
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, geometry in _GEOMETRY.items():
        yield Case(name, lambda root, geometry=geometry: _geometry(root, geometry))
    for name, dtypes in _DTYPES.items():
        yield Case(name, lambda root, dtypes=dtypes: _same(cast(write(root / "hf"), *dtypes)))
    yield Case("five shards", lambda root: _same(write(root / "hf", shards=5)))
    yield Case("one file and an index of shards that are gone", _stale_index)
    yield Case("original layout, three shards", lambda root: _original(root, shards=3))
    yield Case("original layout without preprocessor_config.json", _no_preprocessor)
    yield Case("configuration of -hf, names of the original layout", _mixed_layouts)
    yield Case("ends of text of generation_config.json", _ends)
    yield Case("a language that fine-tuning added", _new_language)
    yield Case("shortest clip of 0.25 s", _short_clips)


def _same(folder: Path) -> Made:
    return Made(folder, folder)


def _geometry(root: Path, geometry: dict[str, dict[str, Any]]) -> Made:
    folder = write(root / "hf", **geometry)
    bins = geometry.get("audio", {}).get("num_mel_bins", 128)
    return _same(edit(folder, "feature_extractor", "processor_config.json", feature_size=bins))


def _original(root: Path, shards: int = 1) -> Made:
    return Made(write(root / "original", "original", shards=shards), write(root / "hf"))


def _stale_index(root: Path) -> Made:
    folder = write(root / "hf")
    index = {"metadata": {}, "weight_map": {"lm_head.weight": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return _same(folder)


def _no_preprocessor(root: Path) -> Made:
    made = _original(root)
    (made.folder / "preprocessor_config.json").unlink()
    return made


def _mixed_layouts(root: Path) -> Made:
    folder = write(root / "mixed")
    change(folder, lambda tensors: {original_name(name): each for name, each in tensors.items()})
    return Made(folder, write(root / "hf"))


def _ends(root: Path) -> Made:
    ends = list(range(3, 1200, 25))
    return _same(edit(write(root / "hf"), file="generation_config.json", eos_token_id=ends))


def _new_language(root: Path) -> Made:
    made = _original(root)
    edit(made.folder, support_languages=["English", "Ukrainian"])
    return Made(made.folder, made.truth, forces="Ukrainian")


def _short_clips(root: Path) -> Made:
    return _same(edit(write(root / "hf"), "feature_extractor", "processor_config.json", min_length=4000))
