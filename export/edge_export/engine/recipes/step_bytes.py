"""Bytes that a step reads, by recipe and rows in use: `python -m edge_export.engine.recipes.step_bytes`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_export.checkpoint.released import released_config
from edge_export.engine.device_table import DEVICES
from edge_export.engine.memory import cache_row_bytes, graph_bytes
from edge_export.engine.plan import EngineOptions, plan_for

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.builder.lowering import EngineLowering
    from edge_export.engine.plan import EnginePlan
    from edge_export.quantize.plans import GraphPrecision

_MODELS: Final = ("0.6b", "1.7b")
_PRECISIONS: Final[tuple[GraphPrecision, ...]] = ("fp16", "int8", "int4")
_ROWS: Final = (300, 1000, 4000)
_MB: Final = 1e6
_HEAD: Final = (
    "recipe",
    "lowering",
    "model",
    "precision",
    "weights",
    "buckets",
    "before",
    *(f"now at {rows}" for rows in _ROWS),
    *(f"saved at {rows}" for rows in _ROWS),
    *(f"waste at {rows}" for rows in _ROWS),
)
_NUM_TEXTS: Final = 4


@dataclass(frozen=True, slots=True)
class StepBytes:
    """What a step of one sequence reads.

    Attributes:
        weights: bytes of the decoder.
        row: bytes of one cache row, keys and values of all layers.
        buckets: numbers of cache rows that a step may read, ascending.
    """

    weights: int
    row: int
    buckets: tuple[int, ...]

    @property
    def before(self) -> int:
        """Bytes of a step that reads the whole capacity."""
        return self.weights + self.row * self.buckets[-1]

    def now(self, num_rows: int) -> int | None:
        """Return the bytes of a step with some rows in use, None where they exceed the capacity."""
        bucket = next((size for size in self.buckets if size >= num_rows), None)
        return None if bucket is None else self.weights + self.row * bucket


def step_bytes(plan: EnginePlan, config: ModelConfig, precision: GraphPrecision) -> StepBytes:
    """Return what a step of a plan reads, were its decoder of a precision."""
    components: dict[str, GraphPrecision] = {"encoder": "fp16", "decoder": precision}
    lowering: EngineLowering = "legacy" if plan.export.lowering == "legacy" else "modern"
    weights = graph_bytes(config, components, lowering)["decoder"]
    return StepBytes(weights, cache_row_bytes(config), plan.chosen.buckets)


def document() -> str:
    """Return the whole table as Markdown."""
    lines = [
        f"| {' | '.join(_HEAD)} |",
        f"|{'---|' * _NUM_TEXTS}{'---:|' * (len(_HEAD) - _NUM_TEXTS)}",
        *_rows(),
        "",
    ]
    return "\n".join(lines)


def _rows() -> Iterator[str]:
    seen: set[tuple[str, str, str]] = set()
    for device in DEVICES:
        for model in _MODELS:
            config = released_config(model)
            plan = plan_for(device.machine, EngineOptions(device.target), config, lambda _: None)
            key = (plan.recipe, plan.export.lowering, model)
            if key not in seen:
                seen.add(key)
                for precision in _PRECISIONS:
                    yield _row((*key, precision), step_bytes(plan, config, precision))


def _row(texts: tuple[str, ...], step: StepBytes) -> str:
    now = [step.now(rows) for rows in _ROWS]
    cells = [
        *texts,
        f"{step.weights / _MB:.0f}",
        ", ".join(map(str, step.buckets)),
        f"{step.before / _MB:.0f}",
        *("–" if read is None else f"{read / _MB:.0f}" for read in now),
        *(_share(None if read is None else 1 - read / step.before) for read in now),
        *(
            _share(None if read is None else read / (step.weights + step.row * rows) - 1)
            for rows, read in zip(_ROWS, now, strict=True)
        ),
    ]
    return f"| {' | '.join(cells)} |"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201 - the output
