"""adapter_config.json of a LoRA adapter: the scale of each matrix, and what edge-asr cannot merge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from edge_export.checkpoint.config_file import CONFIG_NAME, read_json
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADAPTER_CONFIG: Final = "adapter_config.json"
_NO_EFFECT: Final = frozenset({
    *("auto_mapping", "base_model_name_or_path", "inference_mode", "peft_version", "revision", "task_type"),
    # Which matrices were trained, which the tensors' names say too.
    *("exclude_modules", "layers_pattern", "layers_to_transform", "modules_to_save", "target_modules"),
    # Of training alone; matrices of this model are never stored transposed.
    *("eva_config", "fan_in_fan_out", "lora_dropout", "megatron_core", "qalora_group_size", "runtime_config"),
})  # fmt: skip
_READ: Final = frozenset(
    {
        "alpha_pattern",
        "bias",
        "init_lora_weights",
        "lora_alpha",
        "peft_type",
        "r",
        "rank_pattern",
        "use_rslora",
    }
)
_REBASED: Final = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""Initialisations that change the base's weights as well: the adapter alone does not say how."""


@dataclass(frozen=True, slots=True)
class LoraConfig:
    """How an adapter's products are scaled.

    Attributes:
        rank: of a matrix that no pattern names.
        alpha: the same.
        ranks: by the end of a module's name, a regular expression.
        alphas: the same.
        divides_by_root: whether the scale is alpha over the root of the rank (rsLoRA).
    """

    rank: int
    alpha: float
    ranks: Mapping[str, int]
    alphas: Mapping[str, float]
    divides_by_root: bool

    def scale(self, module: str) -> float:
        """Return the factor of a module's product."""
        rank, alpha = self.rank_of(module), _matched(self.alphas, module, self.alpha)
        return float(alpha) / (rank**0.5 if self.divides_by_root else rank)

    def rank_of(self, module: str) -> int:
        """Return the rank of a module's product."""
        return int(_matched(self.ranks, module, self.rank))


def is_adapter(directory: Path) -> bool:
    """Return whether a folder holds an adapter, alone or beside a checkpoint."""
    return (directory / ADAPTER_CONFIG).is_file()


def refuse_adapter(directory: Path) -> None:
    """Refuse a folder whose adapter would be passed over.

    Raises:
        CheckpointError: the message names the flag that merges it.
    """
    if not is_adapter(directory):
        return
    if (directory / CONFIG_NAME).is_file():
        raise CheckpointError(
            f"{directory}: an adapter ({ADAPTER_CONFIG}) lies beside the checkpoint. To merge it: `edge-asr "
            f"build-engines {directory} --adapter {directory}`. To build without it, move its files away."
        )
    base = read_json(directory / ADAPTER_CONFIG).get("base_model_name_or_path") or "BASE"
    raise CheckpointError(
        f"{directory}: an adapter alone ({ADAPTER_CONFIG}), no checkpoint. Name the checkpoint that it was "
        f"trained on and add it: `edge-asr build-engines {base} --adapter {directory}`."
    )


def read_adapter_config(directory: Path) -> LoraConfig:
    """Read how an adapter is scaled.

    Raises:
        CheckpointError: there is none, or it is of a kind that edge-asr does not merge.
    """
    path = directory / ADAPTER_CONFIG
    if not path.is_file():
        raise CheckpointError(f"--adapter {directory}: no adapter here (no {ADAPTER_CONFIG}).")
    settings = read_json(path)
    for name, value in _refused(settings):
        raise CheckpointError(
            f"{path}: {name} is {value!r}, which edge-asr does not merge. Merge it with PEFT "
            f"(`merge_and_unload`, `save_pretrained`) and build the merged checkpoint."
        )
    try:
        return LoraConfig(
            rank=int(settings["r"]),
            alpha=float(settings["lora_alpha"]),
            ranks={str(key): int(rank) for key, rank in (settings.get("rank_pattern") or {}).items()},
            alphas={str(key): float(alpha) for key, alpha in (settings.get("alpha_pattern") or {}).items()},
            divides_by_root=bool(settings.get("use_rslora", False)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path}: not a complete LoRA configuration ({error!r}).") from error


def _refused(settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return name and value of what changes the product and is not read."""
    kind, start = settings.get("peft_type", "LORA"), str(settings.get("init_lora_weights", True))
    refused = [("peft_type", kind)] if kind != "LORA" else []
    if start.lower().startswith(_REBASED):
        refused.append(("init_lora_weights", start))
    # A configuration written for one method lists the settings of all others, switched off.
    others = {name: value for name, value in settings.items() if name not in _NO_EFFECT | _READ and value}
    off = {"loftq_config", "corda_config", "lora_ga_config"}  # act through init_lora_weights
    return [*refused, *((name, value) for name, value in others.items() if name not in off)]


def _matched(patterns: Mapping[str, Any], module: str, default: Any) -> Any:
    """Return the value of the first pattern that the end of a module's name matches.

    Source: `get_pattern_key` of PEFT 0.21.
    """
    return next((value for key, value in patterns.items() if re.match(rf"(.*\.)?({key})$", module)), default)
