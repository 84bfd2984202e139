"""Recipes of quantisation: exceptions to a precision, each with the figure that decided it.

A TOML file, schema `edge-asr/quantisation@1`, written by `python -m edge_export.tuning.search` and read by
`edge-asr build-engines --recipe`. The format is strict, so that a misspelt key is an error and not a default.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from edge_export.quantize.scheme import DEFAULT_BLOCK, ENCODER, Codes, Override, QuantizationPlan, Scheme
from edge_runtime.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCHEMA: Final = "edge-asr/quantisation@1"

Reason = Annotated[str, msgspec.Meta(min_length=10)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A strict, immutable part of a recipe."""


class OverrideRecipe(_Part, frozen=True):
    """An exception: how to store some matrices."""

    pattern: Annotated[str, msgspec.Meta(min_length=1)]
    """Glob over names of graph parameters, for example `*.mlp.down_proj.weight`."""
    weights: Codes
    reason: Reason
    block: int = DEFAULT_BLOCK
    """Longest int4 block."""

    def override(self) -> Override:
        """Return the exception as a plan's `Override`."""
        return Override(self.pattern, Scheme(self.weights, block=self.block), self.reason)


class QuantizationRecipe(_Part, frozen=True):
    """Exceptions to one precision, for graphs that ONNX Runtime runs."""

    schema: Literal["edge-asr/quantisation@1"]
    precision: Literal["int8", "int8-w8a8", "int4"]
    """The `--precision` that it makes exceptions to."""
    reason: Reason
    overrides: tuple[OverrideRecipe, ...]
    """The first that matches counts."""

    def as_overrides(self) -> tuple[Override, ...]:
        """Return the exceptions as a plan's overrides."""
        return tuple(each.override() for each in self.overrides)


def load_quantization_recipe(path: Path) -> QuantizationRecipe:
    """Read a recipe.

    Raises:
        UsageError: there is no such file, or it is malformed.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path}: no recipe can be read ({error.strerror}). Name a file with --recipe."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not TOML ({error}).") from error
    return _converted(document, path)


def _converted(document: dict[str, Any], path: Path) -> QuantizationRecipe:
    try:
        recipe = msgspec.convert(document, type=QuantizationRecipe)
        recipe.as_overrides()
    except (msgspec.ValidationError, UsageError) as error:
        raise UsageError(f"{path}: {error} The format is described in engines/README.md.") from error
    return recipe


def recipe_toml(recipe: QuantizationRecipe) -> str:
    """Return a recipe as the text of a file."""
    head = {name: getattr(recipe, name) for name in ("schema", "precision", "reason")}
    tables = [msgspec.to_builtins(each) for each in recipe.overrides]
    parts = [_lines(head), *(f"[[overrides]]\n{_lines(table)}" for table in tables)]
    return "\n".join(parts) if tables else f"overrides = []\n{parts[0]}"


def _lines(table: dict[str, Any]) -> str:
    # Strings and integers only: their JSON is also TOML.
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())


def require_fitting(
    overrides: Sequence[Override], plan: QuantizationPlan, names: Mapping[str, Collection[str]], source: str
) -> None:
    """Refuse exceptions that do not fit a checkpoint, before anything is built.

    Args:
        overrides: the recipe's exceptions.
        plan: that they are part of.
        names: component → its graph parameters.
        source: of the exceptions, for the message.

    Raises:
        UsageError: a pattern matches nothing, or puts a matrix of the encoder below eight bits.
    """
    all_names = [name for component_names in names.values() for name in component_names]
    for override in overrides:
        if not any(fnmatchcase(name, override.pattern) for name in all_names):
            raise UsageError(
                f"{source}: pattern {override.pattern!r} matches no parameter of this model; it has "
                f"{', '.join(sorted(all_names)[:3])} and {len(all_names) - 3} more. Search for a recipe of "
                f"its own with `python -m edge_export.tuning.search`."
            )
    for name in names.get(ENCODER, ()):
        plan.scheme(ENCODER, name)
