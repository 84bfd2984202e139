"""The quantization choices of a build: exceptions of a recipe, and the rounding."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_export.graph_spec import OPSETS
from edge_export.graphs.export_config import ExportConfig, export_config
from edge_export.quantize.recipe import load_quantization_recipe, require_fitting
from edge_export.quantize.rounding.methods import choose_rounding
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.graph_spec import Lowering


def export_from_recipe(
    source: str, precision: str | None, config: ModelConfig, lowering: Lowering | None = None
) -> ExportConfig:
    """Return an export config with the exceptions of a recipe.

    Args:
        source: path of the recipe.
        precision: as of `--precision`; None takes the recipe's.
        config: of the checkpoint that it is for.
        lowering: how the graphs are written; None takes the precision's default.

    Raises:
        UsageError: the recipe cannot be read, or does not fit precision or checkpoint.
    """
    from edge_export.graphs.trace import parameter_names  # noqa: PLC0415 - imports torch, which few builds need here

    recipe = load_quantization_recipe(Path(source).expanduser())
    if precision not in (None, recipe.precision):
        raise UsageError(
            f"{source}: makes exceptions to {recipe.precision}, and --precision is {precision}. Leave "
            f"--precision out, or search for a recipe of {precision}."
        )
    overrides, plain = recipe.as_overrides(), export_config(recipe.precision, lowering, kind=config.kind)
    export = replace(plain, overrides=(*overrides, *plain.overrides))
    names = {spec.name: parameter_names(spec.name, config) for spec in export.specs(config)}
    require_fitting(overrides, export.plan, names, source)
    return export


def with_rounding(
    export: ExportConfig, requested: str | None, *, has_recordings: bool, on_line: Callable[[str], None]
) -> ExportConfig:
    """Return an export config with the requested rounding, or the default of `choose_rounding`.

    Raises:
        UsageError: the rounding is unknown, needs recordings, or has nothing to round.
    """
    if not export.plan.components:
        if requested is not None:
            raise UsageError(
                f"--rounding chooses codes, and precision {export.precision!r} has none. Leave it out, or "
                f"choose --precision int8 or int4."
            )
        return export
    rounding = choose_rounding(
        requested, is_weight_only=not export.plan.is_calibrated, has_recordings=has_recordings
    )
    on_line(f"rounding {rounding}: {_REASONS[rounding]}")
    return replace(export, rounding=rounding)


EXPORT_DIGEST: Final = "quantisation/"
"""Begins the names of what `export_digests` returns, beside those of the checkpoint's files."""
_REASONS = {
    "nearest": "every weight to its nearest code",
    "least-squares": "scales with the least squared error of the weights",
    "gptq": "codes with the least error of the products on the recordings",
}


def export_digests(export: ExportConfig) -> dict[str, str]:
    """Return what distinguishes an export config from the plain one of its precision, for the provenance."""
    if export.rounding == "least-squares" and not export.overrides and export.lowering != "ort":
        return {}
    cache = (export.kv_dtype,) if export.has_own_cache_dtype else ()
    written = f"{export.lowering} {OPSETS[export.lowering]}"
    described = "\n".join([written, export.rounding, *map(repr, export.overrides), *cache])
    return {f"{EXPORT_DIGEST}{export.rounding}": hashlib.sha256(described.encode()).hexdigest()}
