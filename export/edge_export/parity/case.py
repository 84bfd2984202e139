"""Comparison of a build with its reference, for every kind of checkpoint, and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

import numpy as np

from edge_export.parity.reference_output import Output
from edge_export.parity.tolerances import EXACT, Acceptance
from edge_runtime.errors import ParityError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_runtime.arrays import Array
    from edge_runtime.bundle.golden import AlignerGolden, Golden

SCHEMA: Final = "edge-asr/parity@1"
PARITY_NAME: Final = "parity.json"


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison."""

    stage: str
    probe: str
    max_abs_diff: float
    tolerance: float
    passed: bool


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Comparison of one probe.

    Attributes:
        checks: of its stages, in the order of the data.
        num_identical: tokens or classes that are the reference's.
        num_answers: tokens or classes of the probe.
    """

    checks: tuple[Check, ...]
    identical: int
    total: int


GraphsUnderTest = TypeVar("GraphsUnderTest")


@dataclass(frozen=True, slots=True)
class ParityCase(Generic[GraphsUnderTest, Output]):
    """What differs between kinds of checkpoints.

    Attributes:
        unit: of answers: what the graphs decide.
        output: of the reference for one probe.
        golden: the part of an output that goes into the bundle.
        compare_probe: graphs, name of the probe, the reference's output and tolerances → result.
    """

    unit: Literal["tokens", "classes"]
    output: type[Output]
    golden: type[Golden | AlignerGolden]
    compare_probe: Callable[[GraphsUnderTest, str, Output, Acceptance], ProbeResult]


def check_parity(
    case: ParityCase[GraphsUnderTest, Output],
    graphs: GraphsUnderTest,
    references: Mapping[str, Output],
    reference: str,
    accepted: Acceptance = EXACT,
) -> dict[str, Any]:
    """Compare every stage on every probe.

    Args:
        case: the kind of checkpoint.
        graphs: what was built.
        references: the reference's outputs by probe name.
        reference: name and version of the reference, for the report.
        accepted: what a build of its precision must reach.

    Returns:
        The report, schema `edge-asr/parity@1`.

    Raises:
        ParityError: a stage is outside its tolerance, or too many answers differ.
    """
    results = [
        case.compare_probe(graphs, probe, expected, accepted) for probe, expected in references.items()
    ]
    checks = [check for result in results for check in result.checks]
    identical = sum(result.identical for result in results)
    total = sum(result.total for result in results)
    _require(checks, identical, total, case.unit, accepted.min_identical)
    return {
        "schema": SCHEMA,
        "reference": reference,
        "stages": [asdict(check) for check in checks],
        f"{case.unit}_identical": identical,
        f"{case.unit}_total": total,
    }


def compare(stage: str, probe: str, actual: Array, expected: Array, accepted: Acceptance = EXACT) -> Check:
    """Compare one stage's values.

    Raises:
        ParityError: their shapes differ.
    """
    if actual.shape != expected.shape:
        raise ParityError(
            f"Parity: stage {stage}, probe {probe}: shape {actual.shape}, the reference has "
            f"{expected.shape}. "
            f"Nothing was installed."
        )
    difference = float(np.abs(actual - expected).max())
    tolerance = accepted.stages[stage].bound(float(np.abs(expected).max()))
    # Written so that NaN does not pass.
    return Check(stage, probe, difference, tolerance, passed=difference <= tolerance)


def _require(checks: list[Check], identical: int, total: int, unit: str, share: float) -> None:
    failed = [check for check in checks if not check.passed]
    if failed:
        # Stages are in the order of the data: later failures follow from the first.
        first = failed[0]
        raise ParityError(
            f"Parity: {len(failed)} of {len(checks)} comparisons are outside tolerance; the first is stage "
            f"{first.stage}, probe {first.probe}: difference {first.max_abs_diff:.3g}, tolerance "
            f"{first.tolerance:.3g}. Nothing was installed."
        )
    if identical < share * total:
        raise ParityError(
            f"Parity: {identical} of {total} {unit} are the reference's, {share:.1%} are asked for. "
            f"Nothing was installed."
        )
