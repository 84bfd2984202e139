"""What the default command builds for each class of devices: `python -m edge_export.engine.device_table`.

The plans are those of `build-engines`, made for a GPU and a library that need not be here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_export.checkpoint.config_file import read_config
from edge_export.checkpoint.released import RELEASED, released_config
from edge_export.checkpoint.source import shipped_checkpoint
from edge_export.engine.machine import EngineMachine
from edge_export.engine.memory import together
from edge_export.engine.plan import EngineOptions, EnginePlan, plan_for
from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.model.io_memory import io_bytes

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.builder.library import EngineTarget

_GB: Final = 1e9
_MB: Final = 1e6
_COLUMNS: Final = (
    *("device", "TensorRT", "GB", "model", "recipe", "lowering", "precision", "else"),
    *("cache rows", "batch", "buffers MB", "run GB", "build GB", "for engines GB"),
)
_JETSON_COLUMNS: Final = ("board", "model", "precision", "run GB", "build GB", "for engines GB")
TOGETHER: Final = ("0.6b", "aligner")
"""Models that a board is to hold together: texts with word times."""
_NUM_TEXTS: Final = 8
"""Columns in front that hold words."""


@dataclass(frozen=True, slots=True)
class Device:
    """A board or a GPU with the TensorRT that it has.

    Attributes:
        name: of the board.
        version: of the library.
        capability: compute capability; None where engines are compiled ahead.
        memory_gb: as CUDA reports it, about.
        target: back end.
    """

    name: str
    version: str
    capability: str | None = None
    memory_gb: float = 0.0
    target: EngineTarget = "tensorrt"

    @property
    def machine(self) -> EngineMachine:
        """The machine to plan for."""
        if self.capability is None:
            return EngineMachine(self.target, self.version)
        gpu = CudaDevice(self.name, self.capability, round(self.memory_gb * _GB), driver="")
        return EngineMachine(self.target, self.version, gpu)


_ORINS: Final = (
    ("Orin Nano 8 GB", 7.4),
    ("Orin NX 16 GB", 15.7),
    ("AGX Orin 32 GB", 30.7),
    ("AGX Orin 64 GB", 61.4),
)
DEVICES: Final = (
    *(Device(f"{name}, JetPack 6.2", "10.3.0", "8.7", size) for name, size in _ORINS),
    *(Device(f"{name}, JetPack 7.2", "10.16.2", "8.7", size) for name, size in _ORINS),
    Device("Thor T5000, JetPack 7.0", "10.13.3", "11.0", 122.8),
    Device("Thor T4000, JetPack 7.2", "10.16.2", "11.0", 61.4),
    Device("RTX 4090", "11.4.0", "8.9", 24.0),
    Device("RTX 3060 8 GB", "11.4.0", "8.6", 8.0),
    Device("RTX 2080", "11.4.0", "7.5", 8.0),
    Device("GB10", "11.4.0", "12.1", 120.0),
    Device("H100", "11.4.0", "9.0", 80.0),
    Device("RTX 30, 40, 50 from 8 GB", "1.7.1", target="tensorrt-rtx"),
)


def configs() -> Mapping[str, ModelConfig]:
    """Return the geometry of every model that recipes are for, by name."""
    mini = read_config(shipped_checkpoint())
    return {"mini": mini, **{name: released_config(name) for name in RELEASED}}


def default_plan(device: Device, config: ModelConfig) -> EnginePlan:
    """Return what `build-engines MODEL --target …` plans on a device."""
    return plan_for(device.machine, EngineOptions(device.target), config, lambda _: None)


def document() -> str:
    """Return the whole table as Markdown."""
    lines = [
        "# What each device gets",
        "",
        "Written by `python -m edge_export.engine.device_table`; a test compares. Each row is the plan of",
        "`edge-asr build-engines MODEL --target tensorrt` (last device: `tensorrt-rtx`) without further",
        "flags, which follows from the library, the GPU and its memory.",
        "",
        "* *else*: precisions tried next, in this order, if engines cannot be built or fail their self-test",
        "* *cache rows*: those that a step reads, fewest first; the last number is the capacity",
        "* *buffers*: inputs and outputs of the decoder or aligner, one set for all sequences of a batch",
        "* *run*: weights, cache of the largest batch, activations, inputs and outputs of all engines (on a",
        "  Jetson and on GB10 with their mirrors on the host), and CUDA context",
        "* *build*: peak of the builder; on a Jetson and on GB10 it takes from the same memory",
        "* *for engines*: the device's memory without what the system takes, by the recipe",
        "",
        "The sizes are estimates (`export/edge_export/engine/memory.py`), not measured on these devices.",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        f"|{'---|' * _NUM_TEXTS}{'---:|' * (len(_COLUMNS) - _NUM_TEXTS)}",
        *_rows(),
        "",
    ]
    return "\n".join(lines)


def jetson_table() -> str:
    """Return the rows of Jetsons, mini left out, with the columns that decide what a board holds."""
    lines = [f"| {' | '.join(_JETSON_COLUMNS)} |", "|---|---|---|---:|---:|---:|"]
    models = {name: config for name, config in configs().items() if name != "mini"}
    for device in (each for each in DEVICES if "JetPack" in each.name):
        plans = {name: default_plan(device, config) for name, config in models.items()}
        lines += [_jetson_row(device, name, (plan,)) for name, plan in plans.items()]
        lines.append(_jetson_row(device, " + ".join(TOGETHER), tuple(plans[name] for name in TOGETHER)))
    return "\n".join([*lines, ""])


def _jetson_row(device: Device, model: str, plans: Sequence[EnginePlan]) -> str:
    """Return the row of models that are loaded in one process, and built one after the other."""
    rungs = [plan.ladder[plan.rung] for plan in plans]
    precision = " + ".join(rung.precision for rung in rungs)
    run = together([rung.run_memory for rung in rungs])
    sizes = (run, max(rung.build_memory for rung in rungs), plans[0].usable_memory)
    return f"| {' | '.join([device.name, model, precision, *(f'{size / _GB:.1f}' for size in sizes)])} |"


def _rows() -> Iterator[str]:
    models = configs()
    for device in DEVICES:
        for model, config in models.items():
            yield _row(device, model, config, default_plan(device, config))


def _buffers(plan: EnginePlan, config: ModelConfig) -> int:
    """Return the bytes of inputs and outputs of the decoder or aligner."""
    component = "decoder" if config.kind == "asr" else "aligner"
    spec = plan.export.spec(component, config)
    return io_bytes((*spec.inputs, *spec.outputs), plan.records[component].profiles)


def _row(device: Device, model: str, config: ModelConfig, plan: EnginePlan) -> str:
    rung = plan.ladder[plan.rung]
    later = [other.precision for other in plan.ladder[plan.rung + 1 :] if other.obstacle is None]
    profiles = [profile for profile in plan.chosen.profiles.get("decoder", {}).values() if profile.batch]
    batch = max((profile.batch[2] for profile in profiles if profile.batch), default=1)
    cells = (
        device.name,
        f"{'RTX ' if device.target == 'tensorrt-rtx' else ''}{device.version}",
        f"{device.memory_gb:g}" if device.memory_gb else "–",
        model,
        plan.recipe,
        plan.export.lowering,
        rung.precision,
        ", ".join(later) or "–",
        ", ".join(map(str, plan.chosen.buckets)) or "–",
        str(batch),
        f"{_buffers(plan, config) / _MB:.0f}",
        f"{rung.run_memory / _GB:.1f}",
        f"{rung.build_memory / _GB:.1f}",
        f"{plan.usable_memory / _GB:.1f}",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    # `jetson`: the table alone that docs/jetson.md holds.
    print(jetson_table() if sys.argv[1:] == ["jetson"] else document(), end="")  # noqa: T201 - the output
