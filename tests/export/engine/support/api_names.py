"""Every name of TensorRT's Python bindings that the project uses, with the arguments it passes.

Another user of the bindings adds a table of its own here and its files to `USERS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.tensorrt_names import CALLS, EVERYWHERE

ALL = frozenset({"10.3", "10.16", "11.4", "rtx"})
NEWER = ALL - {"10.3"}
RTX = frozenset({"rtx"})


@dataclass(frozen=True)
class Use:
    """How a name is used.

    Attributes:
        arguments: passed by position or name, in order; None for a name that is not a function.
        where: libraries that must have it; others may lack it, and the code tests for it.
    """

    arguments: tuple[str, ...] | None = None
    where: frozenset[str] = ALL


BUILDER = {
    "__version__": Use(),
    "Builder": Use(),
    "Builder.__init__": Use(("logger",)),
    "Builder.create_network": Use(("flags",)),
    "Builder.create_builder_config": Use(()),
    "Builder.create_optimization_profile": Use(()),
    "Builder.build_serialized_network": Use(("network", "config")),
    "Builder.build_serialized_network_to_stream": Use(("network", "config", "writer"), NEWER),
    "NetworkDefinitionCreationFlag": Use(),
    "NetworkDefinitionCreationFlag.STRONGLY_TYPED": Use(),
    "INetworkDefinition.num_layers": Use(),
    "INetworkDefinition.get_layer": Use(("index",)),
    "LayerType": Use(),
    "LayerType.ATTENTION_INPUT": Use(where=NEWER),
    "ILayer.type": Use(),
    "IAttentionInputLayer": Use(where=NEWER),
    "IAttentionInputLayer.attention": Use(where=NEWER),
    "IAttention.decomposable": Use(where=NEWER),
    "IBuilderConfig": Use(),
    "IBuilderConfig.add_optimization_profile": Use(("profile",)),
    "IBuilderConfig.progress_monitor": Use(),
    "IBuilderConfig.create_timing_cache": Use(("serialized_timing_cache",)),
    "IBuilderConfig.set_timing_cache": Use(("cache", "ignore_mismatch")),
    "IBuilderConfig.get_timing_cache": Use(()),
    "ITimingCache.serialize": Use(()),
    "IBuilderConfig.num_compute_capabilities": Use(where=RTX),
    "IBuilderConfig.set_compute_capability": Use(("compute_capability", "index"), RTX),
    "ComputeCapability": Use(where=RTX),
    "ComputeCapability.SM86": Use(where=RTX),
    "ComputeCapability.SM89": Use(where=RTX),
    "ComputeCapability.SM120": Use(where=RTX),
    "IOptimizationProfile.set_shape": Use(("input", "min", "opt", "max")),
    "OnnxParser": Use(),
    "OnnxParser.__init__": Use(("network", "logger")),
    "OnnxParser.parse_from_file": Use(("model",)),
    "OnnxParser.num_errors": Use(),
    "OnnxParser.get_error": Use(("index",)),
    "ParserError.node_name": Use(()),
    "ParserError.node_operator": Use(()),
    "ParserError.desc": Use(()),
    "ILogger": Use(),
    "ILogger.__init__": Use(()),
    "ILogger.log": Use(("severity", "msg")),
    "IStreamWriter": Use(where=NEWER),
    "IStreamWriter.__init__": Use((), NEWER),
    # The C++ function also takes a size; the library calls Python's override with bytes alone.
    "IStreamWriter.write": Use(("data", "size"), NEWER),
    "IProgressMonitor": Use(),
    "IProgressMonitor.__init__": Use(()),
    "IProgressMonitor.phase_start": Use(("phase_name", "parent_phase", "num_steps")),
    "IProgressMonitor.step_complete": Use(("phase_name", "step")),
    "IProgressMonitor.phase_finish": Use(("phase_name",)),
}
"""Of the engine builder."""

RUNTIME = {
    **{name: Use() for name in EVERYWHERE},
    **{name: Use(arguments) for name, arguments in CALLS.items()},
}
"""Of the sessions."""

TABLES = {"builder": BUILDER, "runtime": RUNTIME}

OWNERS = {
    "trt": "",
    "module": "",
    "builder": "Builder",
    "network": "INetworkDefinition",
    "config": "IBuilderConfig",
    "parser": "OnnxParser",
    "made": "IOptimizationProfile",
    "error": "ParserError",
    "layer": "ILayer",
    "attention": "IAttention",
    "cache": "ITimingCache",
}
"""Name of a variable in the builder's code → class of its value; empty for the package itself."""

USERS = {
    "builder": (
        "builder/build.py",
        "builder/lowering.py",
        "builder/plan_writer.py",
        "builder/progress.py",
        "builder/timing_cache.py",
        "capability.py",
    ),
}
"""Files under `edge_export/engine` that a table must cover."""
