"""Engine records as requested: their flags, what a self-test replaced, and the key of a build."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from edge_export.engine.recipes.profiles import engine_profiles
from edge_runtime.backends.session import host_platform
from edge_runtime.bundle.specs import COMPILED_FROM, EngineProfile, EngineRecord

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.builder.lowering import AttentionPolicy, EngineLowering
    from edge_export.engine.machine import EngineMachine
    from edge_export.engine.recipes.recipe import ModelRecipe
    from edge_runtime.bundle.manifest import Manifest

_FALLBACK_PREFIX: Final = "instead_of:"
_PRECISION: Final = "precision="
_ATTENTION: Final = "attention="


def engine_records(
    machine: EngineMachine,
    recipe: str,
    chosen: ModelRecipe,
    config: ModelConfig,
    capabilities: tuple[str, ...],
    *,
    lowering: EngineLowering,
    precision: str,
) -> dict[str, EngineRecord]:
    """Return the record of each component's engine, without the hashes of its graph.

    Args:
        machine: what the engines are for.
        recipe: its name.
        chosen: its part for the model.
        config: geometry of the checkpoint.
        capabilities: compute capabilities of the GPUs.
        lowering: of the graphs.
        precision: of the bundle.
    """
    flags = (f"{_ATTENTION}{chosen.attention}", f"lowering={lowering}", f"{_PRECISION}{precision}")
    return {
        component: _record(
            machine, recipe, chosen, engine_profiles(component, chosen, config), capabilities, flags
        )
        for component in chosen.profiles
    }


def with_machine(record: EngineRecord, machine: EngineMachine) -> EngineRecord:
    """Return a record of an engine that is built by the library and for the GPU of a machine."""
    gpu = machine.gpu
    return msgspec.structs.replace(
        record,
        version=machine.version,
        platform=host_platform(),
        compute_capabilities=(gpu.compute_capability,) if gpu else record.compute_capabilities,
        gpu=gpu.name if gpu else None,
        multiprocessors=gpu.multiprocessors if gpu else None,
        gpu_memory=gpu.memory if gpu else None,
        driver=gpu.driver if gpu else None,
    )


def with_source(record: EngineRecord, portable: str) -> EngineRecord:
    """Return a record that names the portable bundle that its engine was compiled from."""
    return msgspec.structs.replace(record, flags=tuple(sorted({*record.flags, COMPILED_FROM + portable})))


def attention_of(record: EngineRecord) -> AttentionPolicy:
    """Return the attention policy of a record."""
    flag = next(each for each in record.flags if each.startswith(_ATTENTION))
    return "fused" if flag == f"{_ATTENTION}fused" else "decomposable"


def with_fallback(records: Mapping[str, EngineRecord], requested: str) -> dict[str, EngineRecord]:
    """Return records that name the requested value of a flag that a failure replaced."""
    return {component: _with_fallback_flag(record, requested) for component, record in records.items()}


def with_attention(record: EngineRecord, used: AttentionPolicy) -> EngineRecord:
    """Return the record of an engine with the attention policy that passed the self-test."""
    flag = f"{_ATTENTION}{used}"
    if flag in record.flags:
        return record
    requested = next(each for each in record.flags if each.startswith(_ATTENTION))
    changed = msgspec.structs.replace(record, flags=tuple(sorted({*record.flags, flag} - {requested})))
    return _with_fallback_flag(changed, requested)


def engines_key(records: Mapping[str, EngineRecord]) -> str:
    """Return a digest of engine records as requested: without hashes of graphs and what was measured."""
    bare = {
        name: msgspec.structs.replace(record, onnx={}, flags=_requested_flags(record.flags), call_ms=None)
        for name, record in records.items()
    }
    return hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()


def recorded_key(manifest: Manifest) -> str:
    """Return the key of a bundle's engines; empty for a bundle of graphs."""
    records = _recorded(manifest)
    return engines_key(records) if records else ""


def requested_precision(manifest: Manifest) -> str:
    """Return the precision that a bundle was requested in: another than its own where that one failed."""
    prefix = _FALLBACK_PREFIX + _PRECISION
    flags = (flag for record in _recorded(manifest).values() for flag in record.flags)
    return next((flag.removeprefix(prefix) for flag in flags if flag.startswith(prefix)), manifest.precision)


def precision_flag(precision: str) -> str:
    """Return the flag that names the precision of a bundle of engines."""
    return _PRECISION + precision


def _recorded(manifest: Manifest) -> dict[str, EngineRecord]:
    return {name: item.engine for name, item in manifest.components.items() if item.engine is not None}


def _with_fallback_flag(record: EngineRecord, requested: str) -> EngineRecord:
    return msgspec.structs.replace(record, flags=tuple(sorted({*record.flags, _FALLBACK_PREFIX + requested})))


def _requested_flags(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return flags as requested, before self-tests: a build with a fallback counts as up to date."""
    requested = {flag.removeprefix(_FALLBACK_PREFIX) for flag in flags if flag.startswith(_FALLBACK_PREFIX)}
    names = {flag.split("=")[0] for flag in requested}
    return tuple(sorted({*_without(flags, names), *requested}))


def _without(flags: tuple[str, ...], names: set[str]) -> Iterator[str]:
    for flag in flags:
        if not flag.startswith(_FALLBACK_PREFIX) and flag.split("=")[0] not in names:
            yield flag


def _record(
    machine: EngineMachine,
    recipe: str,
    chosen: ModelRecipe,
    profiles: tuple[EngineProfile, ...],
    capabilities: tuple[str, ...],
    flags: tuple[str, ...],
) -> EngineRecord:
    has_cache = any("audio_tokens" in profile.dims and "slots" not in profile.dims for profile in profiles)
    record = EngineRecord(
        builder=machine.target,
        version="",
        platform="",
        compute_capabilities=capabilities,
        gpu=None,
        driver=None,
        onnx={},
        profiles=profiles,
        flags=(*flags, "strongly_typed"),
        kv_capacity=chosen.kv_capacity if has_cache else None,
        recipe=recipe,
    )
    return with_machine(record, machine)
