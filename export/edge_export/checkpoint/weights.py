"""Tensors of a checkpoint, straight from its safetensors files, one at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from safetensors import SafetensorError, safe_open

from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD, expected_shapes, hf_name
from edge_export.checkpoint.tensor_prefix import TensorPrefix, find_prefix
from edge_export.checkpoint.weight_files import weight_files
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.tensor_names import Shape

_FLOATS: Final = ("BF16", "F16", "F32", "F64")
_UNMERGED: Final = (".base_layer.", ".lora_", ".modules_to_save.")
_ROWS: Final = 8192
"""Rows of two tables that are compared at once."""


@dataclass(frozen=True, slots=True)
class TensorLocation:
    """Where a tensor is stored."""

    path: Path
    stored_name: str
    shape: Shape
    dtype: str


class Change(Protocol):
    """What an adapter makes of one tensor."""

    def apply(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the tensor to use in place of the stored one, float32."""
        ...


@dataclass(frozen=True, slots=True)
class Weights:
    """Checked tensors of a checkpoint under their -hf names; nothing is in memory until it is read.

    Attributes:
        locations: where each is stored.
        changes: of an adapter, by name.
        notices: what of the files a user should know, as sentences.
    """

    locations: Mapping[str, TensorLocation]
    changes: Mapping[str, Change] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Return the -hf names, sorted."""
        return tuple(sorted(self.locations))

    def read(self, name: str) -> torch.Tensor:
        """Return one tensor in its stored dtype, float32 where an adapter changes it.

        Raises:
            CheckpointError: the file cannot be read any more.
        """
        location = self.locations[name]
        try:
            with safe_open(location.path, framework="pt") as file:
                tensor: torch.Tensor = file.get_tensor(location.stored_name)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{location.path}: tensor {name} cannot be read ({error}).") from error
        return self.changes[name].apply(tensor) if name in self.changes else tensor

    def without(self, name: str) -> Weights:
        """Return the same without one tensor."""
        return replace(
            self, locations={each: place for each, place in self.locations.items() if each != name}
        )

    def are_equal(self, name: str, other: str) -> bool:
        """Return whether two stored matrices hold the same values."""
        places = self.locations[name], self.locations[other]
        if places[0].shape != places[1].shape:
            return False
        with (
            safe_open(places[0].path, framework="pt") as file,
            safe_open(places[1].path, framework="pt") as peer,
        ):
            slices = file.get_slice(places[0].stored_name), peer.get_slice(places[1].stored_name)
            starts = range(0, places[0].shape[0], _ROWS)
            pairs = (tuple(each[start : start + _ROWS].float() for each in slices) for start in starts)
            return all(bool((left == right).all()) for left, right in pairs)


def open_weights(directory: Path, config: ModelConfig) -> Weights:
    """Find every tensor that the configuration needs, in either layout.

    A recogniser's head is among them where it is stored, even if it equals the embedding.

    Raises:
        CheckpointError: a file is damaged, or a tensor is missing, of another shape, or no float.
    """
    stored: dict[str, TensorLocation] = {}
    for path in weight_files(directory):
        stored.update(_read_header(path))
    prefix = find_prefix(stored)
    locations = {hf_name(prefix.correct(name), config.kind): place for name, place in stored.items()}
    if EMBEDDING not in locations and HEAD in locations and config.ties_head:
        locations[EMBEDDING] = locations[HEAD]
    expected = expected_shapes(config)
    if config.kind == "asr" and not config.ties_head and HEAD not in locations:
        raise CheckpointError(
            f"{directory}: no {HEAD} here, and config.json says that the head is no copy of the embedding "
            f"(tie_word_embeddings). Fetch the checkpoint again, or say that it is one."
        )
    if config.kind == "asr" and HEAD in locations:
        expected[HEAD] = expected[EMBEDDING]
    _refuse_unmerged(stored, directory)
    _check(locations, expected, directory, prefix)
    notices = (f"{directory}: the names of its tensors are stored {prefix}; read all the same",)
    return Weights({name: locations[name] for name in expected}, notices=notices if str(prefix) else ())


def settle_head(weights: Weights, config: ModelConfig) -> Weights:
    """Return weights whose head is among them only where the model has one of its own.

    The original layout's head is a copy of the embedding, which the official package never reads unless
    config.json says that they are not tied; transformers takes a stored head that differs.
    """
    if HEAD not in weights.locations:
        return weights
    if weights.are_equal(HEAD, EMBEDDING):
        return weights.without(HEAD)
    if config.layout == "hf" or not config.ties_head:
        return weights
    head = weights.locations[HEAD]
    notice = (
        f"{head.path}: its {head.stored_name} differs from the embedding; "
        f"config.json ties them, so the embedding is used, as the official package does"
    )
    return replace(weights.without(HEAD), notices=(*weights.notices, notice))


def _read_header(path: Path) -> dict[str, TensorLocation]:
    try:
        with safe_open(path, framework="pt") as file:
            views = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - the handle is no mapping
            return {
                name: TensorLocation(path, name, tuple(view.get_shape()), view.get_dtype())
                for name, view in views.items()
            }
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path}: damaged or incomplete safetensors file ({error}). Fetch the checkpoint again."
        ) from error


def _refuse_unmerged(names: Mapping[str, TensorLocation], directory: Path) -> None:
    unmerged = next((name for name in names if any(part in name for part in _UNMERGED)), None)
    if unmerged:
        raise CheckpointError(
            f"{directory}: holds weights with an adapter that is not merged, the first is {unmerged}. Merge "
            f"adapters into the weights before exporting (PEFT's `merge_and_unload`), or save the adapter "
            f"alone and name it with `--adapter`."
        )


def _check(
    locations: Mapping[str, TensorLocation],
    expected: Mapping[str, Shape],
    directory: Path,
    prefix: TensorPrefix,
) -> None:
    missing = [name for name in expected if name not in locations]
    if missing:
        named = f" Names are stored {prefix}." if str(prefix) else ""
        raise CheckpointError(
            f"{directory}: {len(missing)} of {len(expected)} tensors are missing, the first is {missing[0]}. "
            f"The weights do not belong to this config.json, or a file is missing.{named}"
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
                f"this exporter reads {', '.join(_FLOATS)} (checkpoints that are not quantised)."
            )
    unknown = sorted(set(locations) - set(expected))
    if unknown:
        raise CheckpointError(
            f"{directory}: {len(unknown)} tensors that config.json has no place for, the first is "
            f"{unknown[0]}. The weights do not belong to this config.json."
        )
