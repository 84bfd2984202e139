"""One graph to one engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge_export.engine.builder.failures import build_error, parse_error
from edge_export.engine.builder.interruption import interruptible
from edge_export.engine.builder.lowering import AttentionPolicy, apply_policy
from edge_export.engine.builder.plan_writer import write_plan
from edge_export.engine.builder.profiles import input_shapes
from edge_export.engine.builder.progress import watch
from edge_export.engine.builder.timing_cache import attach, store
from edge_export.engine.capability import set_capabilities
from edge_runtime.backends.trt.library import shared_logger

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.engine.builder.library import TrtLibrary
    from edge_runtime.bundle.specs import EngineProfile, TensorSpec


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What to build.

    Attributes:
        component: name of the graph, for messages.
        graph: ONNX file, its weights beside it.
        inputs: the graph's inputs.
        profiles: optimisation profiles, in the engine's order.
        capabilities: GPUs to compile for; empty for the one of this machine.
        attention: see `AttentionPolicy`.
        timing_cache: file of kernel measurements, kept between builds.
    """

    component: str
    graph: Path
    inputs: tuple[TensorSpec, ...]
    profiles: tuple[EngineProfile, ...]
    capabilities: tuple[str, ...] = ()
    attention: AttentionPolicy = "decomposable"
    timing_cache: Path | None = None


@dataclass(frozen=True, slots=True)
class BuiltEngine:
    """A built engine.

    Attributes:
        plan: the serialised engine.
        num_bytes: its size.
        seconds: wall-clock time of parsing and building.
        attentions: attention layers that the policy was set on.
    """

    plan: Path
    num_bytes: int
    seconds: float
    attentions: int


def build_engine(
    library: TrtLibrary, request: EngineRequest, plan: Path, on_line: Callable[[str], None]
) -> BuiltEngine:
    """Build an engine and write it to `plan`.

    Args:
        library: the library.
        request: what to build.
        plan: file to write; absent after a failure.
        on_line: called with lines of progress.

    Raises:
        GraphError: the parser refuses the graph, or the build fails for an unknown reason.
        BackendUnavailableError: no driver, no GPU, or one that lacks the precision.
        ResourceError: memory or workspace ran out.
        UsageError: the recipe lacks a dimension, or the library does not build for a GPU.
        KeyboardInterrupt: SIGINT came during the build, which ends after the step that it was in.
    """
    started = time.perf_counter()
    logger = shared_logger(library.module)
    with logger.collecting() as errors:
        attentions = _build(library, request, plan, on_line, logger, errors)
    return BuiltEngine(plan, plan.stat().st_size, time.perf_counter() - started, attentions)


def _build(
    library: TrtLibrary,
    request: EngineRequest,
    plan: Path,
    on_line: Callable[[str], None],
    logger: Any,
    errors: list[str],
) -> int:
    """Build an engine, and return the attention layers that the policy was set on."""
    builder = _new(library.module.Builder, (logger,), request, errors)
    network = builder.create_network(_creation_flags(library))
    config = builder.create_builder_config()
    if config is None:
        raise build_error(request.component, errors)
    # The parser holds the weights that the network refers to: it lives as long as the build.
    parser = _new(library.module.OnnxParser, (network, logger), request, errors)
    _parse(library, parser, request, errors)
    attentions = apply_policy(library, network, request.attention)
    _configure(library, builder, config, request)
    with interruptible() as is_stopped:
        monitor = watch(library, config, lambda line: on_line(f"{request.component}: {line}"), is_stopped)
        succeeded = write_plan(library, builder, network, config, plan) and not is_stopped()
        if not succeeded:
            plan.unlink(missing_ok=True)
    if not succeeded:
        raise build_error(request.component, errors)
    store(library, config, request.timing_cache)
    del monitor, parser
    return attentions


def _new(factory: Any, arguments: tuple[Any, ...], request: EngineRequest, errors: list[str]) -> Any:
    """Return a new object of the library."""
    try:
        return factory(*arguments)
    except TypeError as error:
        # pybind11 raises it where TensorRT's factory returns a null pointer; the reason is in the log.
        raise build_error(request.component, errors or [str(error)]) from error


def _creation_flags(library: TrtLibrary) -> int:
    """Return the flags of a strongly typed network; since TensorRT 11 every network is."""
    flag = getattr(library.module.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    return 0 if flag is None else 1 << int(flag)


def _parse(library: TrtLibrary, parser: Any, request: EngineRequest, errors: list[str]) -> None:
    # By path: weights lie in a file of their own beside the graph.
    if not parser.parse_from_file(str(request.graph)):
        refusals = [_format_error(parser.get_error(index)) for index in range(parser.num_errors)]
        raise parse_error(request.component, refusals or errors, library.version)


def _format_error(error: Any) -> str:
    node = f"node {error.node_name()} ({error.node_operator()}): " if error.node_name() else ""
    return f"{node}{error.desc()}"


def _configure(library: TrtLibrary, builder: Any, config: Any, request: EngineRequest) -> None:
    if request.capabilities and library.compiles_ahead:
        set_capabilities(library, config, request.capabilities)
    attach(library, config, request.timing_cache)
    for profile in request.profiles:
        optimization_profile = builder.create_optimization_profile()
        for name, shapes in input_shapes(profile, request.inputs).items():
            optimization_profile.set_shape(name, *shapes)
        config.add_optimization_profile(optimization_profile)
