"""Whether a serialized engine fits the machine that is to run it.

An engine is machine code for one TensorRT version and some GPUs. With another version or GPU, TensorRT may
refuse it, or run it slowly or wrongly. Every such difference is therefore an error, which names the command
that builds the engine again. With another driver the engine is tried again on its cases.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_runtime.backends.session import EngineEnvironment
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import COMPILED_FROM, EngineProfile, EngineRecord
from edge_runtime.errors import StaleEngineError

_MEMORY_TOLERANCE: Final = 0.125
"""Share by which memory of one kind of board may differ: an operating system reserves more or less of it."""


def stale_reasons(record: EngineRecord, environment: EngineEnvironment) -> tuple[str, ...]:
    """Return why an engine does not fit; empty where it does.

    The GPU's name, multiprocessors and memory are compared only where the engine was tuned on a GPU. An
    engine compiled ahead of time is for every GPU of its compute capabilities. The driver is not compared:
    TensorRT runs an engine on a newer one (`driver_change`).
    """
    return tuple(_differences(record, environment))


def driver_change(record: EngineRecord, environment: EngineEnvironment) -> str | None:
    """Return how the driver differs from that of the build; None where it does not, or is not known."""
    if None in (record.driver, environment.driver) or record.driver == environment.driver:
        return None
    return f"the driver supports CUDA {environment.driver}, it was built with one for {record.driver}"


def require_fresh(manifest: Manifest, component: str, environment: EngineEnvironment, bundle: Path) -> None:
    """Raise if an engine was built for another environment.

    Args:
        manifest: the bundle's.
        component: name of the engine's component.
        environment: the machine and its libraries.
        bundle: folder of the bundle, for the message.

    Raises:
        StaleEngineError: with every difference and the command that builds the bundle anew.
    """
    record = manifest.components[component].engine
    assert record is not None, f"{component} is no engine"
    reasons = stale_reasons(record, environment)
    if reasons:
        command = rebuild_command(manifest, environment, bundle)
        raise StaleEngineError(
            f"{bundle}: the {component} engine does not fit here: {'; '.join(reasons)}. "
            f"Build it again: {command}",
            command,
        )


def rebuild_command(
    manifest: Manifest, environment: EngineEnvironment, bundle: Path, attention: str | None = None
) -> str:
    """Return the command that builds a bundle's engines again for this machine.

    Args:
        manifest: the bundle's.
        environment: the machine and its libraries.
        bundle: folder of the bundle, which the command replaces.
        attention: how to compute attention; None leaves it to the recipe.
    """
    records = [item.engine for item in manifest.components.values() if item.engine is not None]
    if source := portable_source(records[0]):
        policy = () if attention is None else ("--attention", attention)
        return shlex.join(["edge-asr", "compile", source, *policy, "--output-dir", str(bundle)])
    recipe = records[0].recipe
    model = manifest.provenance.model_id
    arguments = ["edge-asr", "build-engines", model, "--target", manifest.target]
    arguments += ["--precision", manifest.precision, "--recipe", recipe]
    if records[0].gpu is None:  # compiled ahead: the list of GPUs is part of the request
        here = (environment.compute_capability,) if environment.compute_capability else ()
        capabilities = sorted({*records[0].compute_capabilities, *here}, key=_as_numbers)
        arguments += ["--compute-capability", ",".join(capabilities)]
    if attention is not None:
        arguments += ["--attention", attention]
    arguments += _provenance_flags(manifest)
    return shlex.join([*arguments, "--output-dir", str(bundle)])


def portable_source(record: EngineRecord) -> str | None:
    """Return the portable bundle that an engine was compiled from, None for one from a checkpoint."""
    flags = (flag for flag in record.flags if flag.startswith(COMPILED_FROM))
    return next((flag.removeprefix(COMPILED_FROM) for flag in flags), None)


def _provenance_flags(manifest: Manifest) -> Iterator[str]:
    """Yield the flags that select the same model."""
    if manifest.provenance.revision is not None:
        yield from ("--revision", manifest.provenance.revision)
    if manifest.provenance.calibrate_on is not None:
        yield from ("--calibrate-on", manifest.provenance.calibrate_on)
    if manifest.provenance.rounding is not None:
        yield from ("--rounding", manifest.provenance.rounding)
    if manifest.provenance.adapter is not None:
        yield from ("--adapter", manifest.provenance.adapter)


def _as_numbers(capability: str) -> tuple[int, ...]:
    return tuple(map(int, capability.split(".")))


def _differences(record: EngineRecord, environment: EngineEnvironment) -> Iterator[str]:
    fields: dict[str, tuple[str | None, str | None]] = {
        "TensorRT library": (record.builder, environment.builder),
        f"{record.builder} version": (record.version, environment.version),
        "platform": (record.platform, environment.platform),
    }
    if record.gpu is not None:
        fields["GPU"] = (record.gpu, environment.gpu)
    for field, (recorded, actual) in fields.items():
        if actual is not None and actual != recorded:
            yield f"{field} is {actual!r}, it was built with {recorded!r}"
    yield from _board_differences(record, environment)
    capability = environment.compute_capability
    if capability is not None and capability not in record.compute_capabilities:
        built_for = ", ".join(record.compute_capabilities)
        yield f"the GPU has compute capability {capability}, it was built for {built_for}"
    if environment.onnx is not None and environment.onnx != record.onnx:
        changed = sorted(name for name, digest in environment.onnx.items() if record.onnx.get(name) != digest)
        yield f"the graph has changed ({', '.join(changed) or 'files were removed'})"
    if environment.profiles is not None and environment.profiles != record.profiles:
        recorded, wanted = _format_profiles(record.profiles), _format_profiles(environment.profiles)
        yield f"its profiles are {recorded}, wanted are {wanted}"


def _board_differences(record: EngineRecord, environment: EngineEnvironment) -> Iterator[str]:
    """Yield how the GPU differs from another of its name: every Jetson of a family has one name."""
    count, built_with = environment.multiprocessors, record.multiprocessors
    if count is not None and built_with is not None and count != built_with:
        yield f"the GPU has {count} multiprocessors, it was built with {built_with}"
    memory, built_in = environment.gpu_memory, record.gpu_memory
    if memory is not None and built_in is not None and abs(memory - built_in) > _MEMORY_TOLERANCE * built_in:
        yield f"the GPU has {memory / 1e9:.1f} GB of memory, it was built with {built_in / 1e9:.1f} GB"


def _format_profiles(profiles: tuple[EngineProfile, ...]) -> str:
    return ", ".join(map(_format_profile, profiles))


def _format_profile(profile: EngineProfile) -> str:
    dims = (f"{name}={size.min}:{size.opt}:{size.max}" for name, size in sorted(profile.dims.items()))
    return f"{profile.name}({', '.join(dims)})"
