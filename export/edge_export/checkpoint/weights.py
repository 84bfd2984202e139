"""Tensors of a checkpoint, straight from its safetensors files, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from safetensors import SafetensorError, safe_open

from edge_export.checkpoint.config import read_json
from edge_export.checkpoint.tensor_names import EMBEDDING, TIED_HEAD, expected_shapes, hf_name
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.tensor_names import Shape
    from edge_runtime.bundle.manifest import Kind

_SINGLE: Final = "model.safetensors"
_INDEX: Final = "model.safetensors.index.json"
_FLOATS: Final = frozenset({"F32", "F16", "BF16"})


@dataclass(frozen=True, slots=True)
class _Location:
    """Where a tensor is stored."""

    path: Path
    stored_name: str
    shape: Shape
    dtype: str


@dataclass(frozen=True, slots=True)
class Weights:
    """Checked tensors of a checkpoint under their -hf names; nothing is in memory until it is read."""

    _locations: Mapping[str, _Location]

    def names(self) -> tuple[str, ...]:
        """Return the -hf names, sorted."""
        return tuple(sorted(self._locations))

    def read(self, name: str) -> torch.Tensor:
        """Return one tensor in its stored dtype.

        Raises:
            CheckpointError: the file cannot be read any more.
        """
        location = self._locations[name]
        try:
            with safe_open(location.path, framework="pt") as file:
                tensor: torch.Tensor = file.get_tensor(location.stored_name)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{location.path}: tensor {name} cannot be read ({error}).") from error
        return tensor


def weight_files(directory: Path) -> tuple[Path, ...]:
    """Return the safetensors files of a checkpoint folder, one or many.

    Raises:
        CheckpointError: there are none, or the index names a file that is missing.
    """
    index = directory / _INDEX
    if (directory / _SINGLE).is_file() and not index.is_file():
        return (directory / _SINGLE,)
    if not index.is_file():
        raise CheckpointError(f"{directory}: no weights here (neither {_SINGLE} nor {_INDEX}).")
    try:
        shards = sorted(set(read_json(index)["weight_map"].values()))
    except (KeyError, AttributeError, TypeError) as error:
        raise CheckpointError(f"{index}: holds no weight_map. Fetch the checkpoint again.") from error
    missing = [name for name in shards if not (directory / name).is_file()]
    if missing:
        raise CheckpointError(
            f"{directory}: {_INDEX} names {len(shards)} files, missing: {', '.join(missing)}. "
            f"Fetch the checkpoint again."
        )
    return tuple(directory / name for name in shards)


def open_weights(directory: Path, config: ModelConfig) -> Weights:
    """Find every tensor that the configuration needs, in either layout.

    Raises:
        CheckpointError: a file is damaged, or a tensor is missing, of another shape, or no float.
    """
    locations: dict[str, _Location] = {}
    for path in weight_files(directory):
        locations.update(_read_header(path, config.kind))
    expected = expected_shapes(config)
    _check(locations, expected, directory)
    if config.kind == "asr":
        _check_tied(locations, directory)
    return Weights({name: locations[name] for name in expected})


def _read_header(path: Path, kind: Kind) -> dict[str, _Location]:
    try:
        with safe_open(path, framework="pt") as file:
            locations = {}
            for name in file.keys():  # noqa: SIM118 - the handle is no mapping
                view = file.get_slice(name)
                location = _Location(path, name, tuple(view.get_shape()), view.get_dtype())
                locations[hf_name(name, kind)] = location
            return locations
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path}: damaged or incomplete safetensors file ({error}). Fetch the checkpoint again."
        ) from error


def _check(locations: Mapping[str, _Location], expected: Mapping[str, Shape], directory: Path) -> None:
    missing = [name for name in expected if name not in locations]
    if missing:
        raise CheckpointError(
            f"{directory}: {len(missing)} of {len(expected)} tensors are missing, the first is {missing[0]}. "
            f"The weights do not belong to this config.json, or a file is missing."
        )
    for name, shape in expected.items():
        location = locations[name]
        if location.shape != shape:
            raise CheckpointError(
                f"{location.path}: tensor {name} has shape {list(location.shape)}, config.json asks for "
                f"{list(shape)}. The weights do not belong to this config.json."
            )
        if location.dtype not in _FLOATS:
            raise CheckpointError(
                f"{location.path}: tensor {name} is stored as {location.dtype}; "
                f"this exporter reads {', '.join(sorted(_FLOATS))} (checkpoints that are not quantised)."
            )
    unknown = sorted(set(locations) - set(expected) - {TIED_HEAD})
    if unknown:
        raise CheckpointError(
            f"{directory}: {len(unknown)} tensors that config.json has no place for, the first is "
            f"{unknown[0]}. Merge adapters into the weights before exporting."
        )


def _check_tied(locations: Mapping[str, _Location], directory: Path) -> None:
    head = locations.get(TIED_HEAD)
    if head and head.shape != locations[EMBEDDING].shape:
        raise CheckpointError(
            f"{directory}: {TIED_HEAD} has shape {list(head.shape)}, the embedding "
            f"{list(locations[EMBEDDING].shape)}; the exporter knows tied heads only."
        )
