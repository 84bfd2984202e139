"""Bases with an adapter that `--adapter` names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD, original_name
from tests.checkpoints.adapter_folder import CONV_OUT, DOWN, Adapter, Q
from tests.checkpoints.case import Case, Made
from tests.checkpoints.folder import write

_BOTH = {Q: 4, DOWN: 4}
_PATTERNS = {"rank_pattern": {"down_proj": 2}, "alpha_pattern": {r"layers\.0\.self_attn\.q_proj": 16}}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield Case("LoRA", lambda root: _merged(root, _BOTH, {Q: 2, DOWN: 2}))
    yield Case("LoRA of the encoder", lambda root: _merged(root, {CONV_OUT: 4}, {CONV_OUT: 2}))
    yield Case("rsLoRA", lambda root: _merged(root, _BOTH, {Q: 4, DOWN: 4}, use_rslora=True))
    yield Case(
        "LoRA with patterns of ranks and alphas",
        lambda root: _merged(root, {Q: 4, DOWN: 2}, {Q: 4, DOWN: 4}, **_PATTERNS),
    )
    yield Case("LoRA of the head", lambda root: _merged(root, {"lm_head": 4}, {"lm_head": 2}))
    yield Case("head trained whole", lambda root: _merged(root, _BOTH, {Q: 2, DOWN: 2}, whole=(HEAD,)))
    yield Case("embedding trained whole", lambda root: _merged(root, {}, {}, whole=(EMBEDDING,)))
    yield Case("LoRA on the official package's class", _official)
    yield Case("LoRA in the base's own folder, named", _beside)


def _merged(
    root: Path,
    modules: dict[str, int],
    scales: dict[str, float],
    whole: tuple[str, ...] = (),
    **settings: Any,
) -> Made:
    adapter = Adapter(modules, whole)
    truth = adapter.merged_into(write(root / "merged"), scales)
    return Made(write(root / "hf"), truth, adapter.write(root / "adapter", **settings))


def _official(root: Path) -> Made:
    adapter = Adapter(_BOTH)
    truth = adapter.merged_into(write(root / "merged"), {Q: 2, DOWN: 2})
    stored = adapter.write(root / "adapter", {module: original_name(module) for module in _BOTH})
    return Made(write(root / "original", "original"), truth, stored)


def _beside(root: Path) -> Made:
    made = _merged(root, _BOTH, {Q: 2, DOWN: 2})
    assert made.adapter is not None, "written above"
    shutil.copytree(made.adapter, made.folder, dirs_exist_ok=True)
    return Made(made.folder, made.truth, made.folder)
