"""Recipes: the engines of each model for a class of devices, with reasons.

`engines/recipes/NAME.toml`, one file for each class of devices; the wheel holds a copy. The format is strict,
so that a misspelt profile is an error and not a default.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from edge_export.engine.builder.library import EngineTarget
from edge_export.engine.builder.lowering import AttentionPolicy
from edge_export.quantize.plans import GraphPrecision
from edge_runtime.bundle.manifest import Kind
from edge_runtime.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCHEMA: Final = "edge-asr/recipe@1"
_IN_WHEEL: Final = Path(__file__).parents[2] / "data" / "recipes"
_IN_CHECKOUT: Final = Path(__file__).resolve().parents[4] / "engines" / "recipes"

_FIRST_BUCKET: Final = 512
"""Rows of about 22 s of speech with its text and prompt: 59 MB a step, beside 308 to 3441 MB of weights."""

ModelClass = Literal["mini", "0.6b", "1.7b", "aligner"]

Size = Annotated[int, msgspec.Meta(ge=1)]
Reason = Annotated[str, msgspec.Meta(min_length=10)]
Range = tuple[Size, Size, Size]
"""Smallest, tuned and largest size of a dimension."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A strict, immutable part of a recipe."""


class ProfileRecipe(_Part, frozen=True):
    """One optimisation profile; which dimensions it needs, its component says."""

    reason: Reason
    batch: Range | None = None
    sequence: Range | None = None
    audio_tokens: Range | None = None
    scored: Range | None = None
    slots: Range | None = None
    windows: Range | None = None
    frames: Range | None = None

    def ranges(self) -> dict[str, Range]:
        """Return the ranges that are stated."""
        ranges = {name: getattr(self, name) for name in self.__struct_fields__ if name != "reason"}
        return {name: sizes for name, sizes in ranges.items() if sizes is not None}


class PrecisionRecipe(_Part, frozen=True):
    """Precision of each component for one value of `--precision`."""

    reason: Reason
    encoder: GraphPrecision
    decoder: GraphPrecision
    aligner: GraphPrecision
    aligner_encoder: GraphPrecision | None = None
    """Of an aligner's encoder where it is not `encoder`: it stands eight bits, a recognizer's does not."""

    def components(self, kind: Kind) -> dict[str, GraphPrecision]:
        """Return the precision of each graph of a kind of model."""
        if kind == "asr":
            return {"encoder": self.encoder, "decoder": self.decoder}
        return {"encoder": self.aligner_encoder or self.encoder, "aligner": self.aligner}


class ModelRecipe(_Part, frozen=True):
    """Engines of one model."""

    reason: Reason
    precision: str | Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """Key of `Recipe.precisions` that suits the device best; or several, the preferred first."""
    profiles: dict[str, dict[str, ProfileRecipe]]
    """Component → profile name → profile, in the engine's order."""
    kv_capacity: Size | None = None
    """Most cache rows; of a model that transcribes."""
    kv_buckets: tuple[Size, ...] | None = None
    """Fewer rows that a step may read instead, ascending; None takes 512 and its doubles."""
    attention: AttentionPolicy = "decomposable"

    @property
    def buckets(self) -> tuple[int, ...]:
        """Numbers of cache rows that a step may read, ascending; empty for an aligner."""
        if self.kv_capacity is None:
            return ()
        smaller = _doubles(self.kv_capacity) if self.kv_buckets is None else self.kv_buckets
        return (*smaller, self.kv_capacity)

    @property
    def ladder(self) -> tuple[str, ...]:
        """Precisions, the preferred first: the next one is for where the one before cannot be had."""
        return (self.precision,) if isinstance(self.precision, str) else self.precision


def _doubles(capacity: int) -> tuple[int, ...]:
    """Return the first bucket and its doubles that leave room for the next."""
    return tuple(_FIRST_BUCKET << index for index in range(20) if 2 * (_FIRST_BUCKET << index) <= capacity)


class Recipe(_Part, frozen=True):
    """Engines for one class of devices."""

    schema: Literal["edge-asr/recipe@1"]
    target: EngineTarget
    reason: Reason
    memory_gb: Annotated[float, msgspec.Meta(gt=0)]
    """Bytes that the GPU can use; on a Jetson, all of the module's memory."""
    reserved_gb: Annotated[float, msgspec.Meta(ge=0)]
    """Bytes of it that the system, the desktop and the host program take."""
    compute_capabilities: tuple[str, ...]
    """Compute capabilities of its GPUs; the default of `--compute-capability`."""
    precisions: dict[str, PrecisionRecipe]
    models: dict[ModelClass, ModelRecipe]


def load_recipe(name: str) -> Recipe:
    """Read a recipe.

    Args:
        name: of a shipped recipe, or path of a file.

    Raises:
        UsageError: there is none of that name, or it is malformed.
    """
    path = _find(name)
    try:
        return msgspec.convert(_toml(path), type=Recipe)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}. The format is described in engines/README.md.") from error


def shipped_recipes() -> dict[str, Recipe]:
    """Return the recipes that come with edge-asr, by name."""
    return {path.stem: load_recipe(str(path)) for path in sorted(_folder().glob("*.toml"))}


def _find(name: str) -> Path:
    path = Path(name).expanduser()
    if path.is_file():
        return path
    shipped = _folder() / f"{name}.toml"
    if shipped.is_file():
        return shipped
    known = ", ".join(sorted(recipe.stem for recipe in _folder().glob("*.toml")))
    raise UsageError(f"No recipe {name!r}: not a file here, and none of {known}.")


def _folder() -> Path:
    for folder in (_IN_WHEEL, _IN_CHECKOUT):
        if folder.is_dir():
            return folder
    raise UsageError(
        f"No recipes: neither {_IN_WHEEL} nor {_IN_CHECKOUT} is there. Install edge-asr anew, or name a file "
        f"with --recipe."
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not TOML ({error}).") from error
