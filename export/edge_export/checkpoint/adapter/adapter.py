"""An adapter folder: its tensors, matched with those of the base."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from safetensors import SafetensorError, safe_open

from edge_export.checkpoint.adapter.adapter_config import ADAPTER_CONFIG, LoraConfig, read_adapter_config
from edge_export.checkpoint.adapter.lora import LoraUpdate, Replacement, StoredTensor
from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD, expected_shapes, hf_name
from edge_runtime.digest import sha256_of
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.tensor_names import Shape
    from edge_export.checkpoint.weights import Weights

ADAPTER_PREFIX: Final = "adapter/"
"""Before the names of an adapter's files in a provenance."""
_TENSORS: Final = "adapter_model.safetensors"
_ROOT: Final = "base_model.model."
_STARTS: Final = ("", "thinker.", "model.")
"""What may be missing before names: PEFT was given the whole model, its thinker, or what is in it."""
_DOWN: Final = ".lora_A.weight"
_UP: Final = ".lora_B.weight"
_WRAPPERS: Final = (".base_layer.", ".modules_to_save.")


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that fits its base.

    Attributes:
        directory: its folder.
        updates: of the base's tensors, by -hf name.
    """

    directory: Path
    updates: Mapping[str, LoraUpdate | Replacement]

    def digests(self) -> dict[str, str]:
        """Return name → sha256 of the files that were read."""
        return {
            ADAPTER_PREFIX + name: sha256_of(self.directory / name) for name in (ADAPTER_CONFIG, _TENSORS)
        }

    def merge_into(self, weights: Weights) -> Weights:
        """Return the base's weights with this adapter's changes.

        Head and embedding part where only one of them changes: PEFT trains a tied head apart from its twin.
        """
        locations = dict(weights.locations)
        if HEAD not in locations and {HEAD, EMBEDDING} & self.updates.keys():
            locations[HEAD] = locations[EMBEDDING]
        return replace(weights, locations=locations, changes=self.updates)


def read_adapter(directory: Path, config: ModelConfig) -> Adapter:
    """Read an adapter for a base of that configuration.

    Raises:
        CheckpointError: it is missing, damaged, of another kind than LoRA, or of another model.
    """
    lora = read_adapter_config(directory)
    stored = _read_header(directory)
    expected = expected_shapes(config)
    if config.kind == "asr":
        expected[HEAD] = expected[EMBEDDING]
    parts: dict[str, dict[str, StoredTensor]] = defaultdict(dict)
    for name, tensor in stored.items():
        target, part = _target(name)
        parts[target][part] = tensor
    start = _find_start(parts, config, expected, directory)
    names = {target: hf_name(start + target, config.kind) for target in parts}
    return Adapter(
        directory,
        {
            names[target]: _update(target, tensors, lora, expected[names[target]])
            for target, tensors in parts.items()
        },
    )


def _read_header(directory: Path) -> dict[str, StoredTensor]:
    path = directory / _TENSORS
    if not path.is_file():
        raise CheckpointError(
            f"--adapter {directory}: no {_TENSORS} here. Save the adapter with PEFT's `save_pretrained`, "
            f"which writes safetensors."
        )
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: damaged or incomplete safetensors file ({error}).") from error
    if not shapes:
        raise CheckpointError(f"{path}: holds no tensors.")
    return {name: StoredTensor(path, name, shape) for name, shape in shapes.items()}


def _target(name: str) -> tuple[str, str]:
    """Return the base's name of an adapter's tensor, and which part of the update it is."""
    bare = name.removeprefix(_ROOT)
    for suffix, part in ((_DOWN, "down"), (_UP, "up")):
        if bare.endswith(suffix):
            return bare.removesuffix(suffix) + ".weight", part
    for wrapper in _WRAPPERS:
        bare = bare.replace(wrapper, ".")
    return bare, "whole"


def _find_start(
    targets: Iterable[str], config: ModelConfig, expected: Mapping[str, Shape], directory: Path
) -> str:
    """Return what is missing before the names of an adapter's tensors.

    Raises:
        CheckpointError: one of them is no linear layer, no whole tensor, or not of this model.
    """
    known = [
        {each for each in targets if hf_name(start + each, config.kind) in expected} for start in _STARTS
    ]
    start, placed = max(zip(_STARTS, known, strict=True), key=lambda each: len(each[1]))
    unknown = sorted(set(targets) - placed)
    if unknown:
        raise CheckpointError(
            f"--adapter {directory}: changes {unknown[0]}, which edge-asr does not find in the base or does "
            f"not merge (it merges linear layers and whole tensors). Is it an adapter of this model? If so, "
            f"merge it with PEFT (`merge_and_unload`)."
        )
    return start


def _update(
    target: str, parts: Mapping[str, StoredTensor], lora: LoraConfig, shape: Shape
) -> LoraUpdate | Replacement:
    """Return the update that a tensor's parts make.

    Raises:
        CheckpointError: they do not fit each other or the base.
    """
    if parts.keys() == {"whole"} and parts["whole"].shape == shape:
        return Replacement(parts["whole"])
    module = target.removesuffix(".weight")
    rank = lora.rank_of(module)
    if parts.keys() - {"whole"} == {"down", "up"} and len(shape) == 2:  # noqa: PLR2004 - a matrix
        down, up, base = parts["down"], parts["up"], parts.get("whole")
        fits = (up.shape, down.shape) == ((shape[0], rank), (rank, shape[1]))
        if fits and (base is None or base.shape == shape):
            return LoraUpdate(down, up, lora.scale(module), base)
    any_part = next(iter(parts.values()))
    shapes = ", ".join(f"{part} {list(tensor.shape)}" for part, tensor in sorted(parts.items()))
    raise CheckpointError(
        f"{any_part.path}: its update of {target} ({shapes}) fits neither rank {rank} nor the base's shape "
        f"{list(shape)}. Is it an adapter of this model?"
    )
