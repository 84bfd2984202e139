"""Build a ledger as a TensorRT engine on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from edge_runtime.backends.trt.library import load_trt, shared_logger
from edge_runtime.bundle.manifest import Target
from edge_runtime.bundle.specs import Component, TensorSpec

Ranges = Mapping[str, tuple[int, int]]


def build_ledger_engine(
    target: Target,
    directory: Path,
    component: Component,
    save: Callable[[Path, Component], Path],
    *profiles: Ranges,
    compute_capability: str | None = None,
) -> Path:
    """Write ONNX with sizes fixed where the profiles fix them, and compile it.

    Args:
        target: which TensorRT.
        directory: where to write.
        component: the graph.
        save: writes it.
        profiles: least and most of each named dimension.
        compute_capability: for TensorRT-RTX, to compile for a GPU that is not there ("SM86").
    """
    trt = load_trt(target)
    logger = shared_logger(trt)
    capacities = {size for ranges in profiles for size in ranges["kv_capacity"]}
    fixed = {"kv_capacity": min(capacities)} if len(capacities) == 1 else {}
    onnx = save(directory / "ledger.onnx", _with_sizes(component, fixed))
    with logger.collecting() as errors:
        builder = trt.Builder(logger)
        typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
        network = builder.create_network(0 if typed is None else 1 << int(typed))
        assert trt.OnnxParser(network, logger).parse_from_file(str(onnx)), errors
        config = builder.create_builder_config()
        if compute_capability:
            config.num_compute_capabilities = 1
            config.set_compute_capability(getattr(trt.ComputeCapability, compute_capability), 0)
        for ranges in profiles:
            config.add_optimization_profile(_profile(builder, component, ranges))
        plan = builder.build_serialized_network(network, config)
        assert plan is not None, errors
    path = directory / "ledger.plan"
    path.write_bytes(bytes(plan))
    return path


def _profile(builder: object, component: Component, ranges: Ranges) -> object:
    profile = builder.create_optimization_profile()  # type: ignore[attr-defined]
    for spec in component.inputs:
        min_shape, max_shape = (
            [dim if isinstance(dim, int) else ranges[dim][i] for dim in spec.shape] for i in (0, 1)
        )
        profile.set_shape(spec.name, min_shape, max_shape, max_shape)
    return profile


def _with_sizes(component: Component, sizes: Mapping[str, int]) -> Component:
    def fixed(specs: tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
        return tuple(
            msgspec.structs.replace(
                spec, shape=tuple(sizes.get(dim, dim) if isinstance(dim, str) else dim for dim in spec.shape)
            )
            for spec in specs
        )

    return msgspec.structs.replace(
        component, inputs=fixed(component.inputs), outputs=fixed(component.outputs)
    )
