"""The gate that a build must pass besides parity; another package provides it through an entry point.

Parity compares the values of graphs. A gate compares texts: it bounds what rounding costs in accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, Protocol, cast

from edge_runtime.backends.device import why_unusable
from edge_runtime.errors import BackendUnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.metadata import EntryPoint
    from pathlib import Path

    from edge_runtime.bundle.manifest import Kind, Manifest, Target

GATE_NAME: Final = "gate.json"
"""The figures of a passed gate, in the bundle."""

GATE_GROUP: Final = "edge_asr.gates"
"""Entry points of this group are called like `OpenGate`; their names are kinds of bundle."""


@dataclass(frozen=True, slots=True)
class GateOptions:
    """The gate that the user requested.

    Attributes:
        corpus: list of recordings.
        reference: float32 bundle of the same checkpoint; None looks for one, and builds it if there is none.
        limits: NAME=VALUE, in place of the precision's defaults.
    """

    corpus: Path
    reference: Path | None = None
    limits: tuple[str, ...] = ()


class Outcome(Protocol):
    """Result of a gate."""

    @property
    def passed(self) -> bool:
        """Whether the bundle is inside the limits."""
        ...

    @property
    def summary(self) -> str:
        """The figures in one line."""
        ...

    @property
    def failures(self) -> Sequence[str]:
        """A sentence for each figure outside its limit."""
        ...

    @property
    def inconclusive(self) -> Sequence[str]:
        """A sentence for each question that needs more recordings."""
        ...

    @property
    def document(self) -> bytes:
        """The figures as JSON."""
        ...

    def within(self, manifest: Manifest) -> Manifest:
        """Return a manifest with the figures of the bundle that were measured, as of its confidence."""
        ...


class Gate(Protocol):
    """A gate that is ready to run."""

    def judge(self, candidate: Path, reference: Path, on_line: Callable[[str], None]) -> Outcome:
        """Compare two bundles; `on_line` is called with lines of progress."""
        ...

    def is_settled(self, document: bytes, reference: Path) -> bool:
        """Return whether a document is the report of this gate with the same reference."""
        ...


class OpenGate(Protocol):
    """Prepares a gate, or raises before anything is built."""

    def __call__(self, corpus: Path, precision: str, limits: Sequence[str]) -> Gate:
        """Prepare a gate for bundles of a precision."""
        ...


def open_gate(kind: Kind, target: Target, precision: str, options: GateOptions) -> Gate:
    """Find and prepare the gate of a kind of bundle.

    Raises:
        UsageError: there is none for the kind.
        BackendUnavailableError: the package that brings gates is not installed, or this machine cannot
            run the bundle, so that the gate could not either.
        EdgeAsrError: recordings or limits are not as the gate needs them.
    """
    gate = _load(kind)(options.corpus, precision, options.limits)
    if reason := why_unusable(target):
        raise BackendUnavailableError(
            f"--gate-on runs what was built, and a bundle for {target!r} does not run here: {reason} "
            f"Leave it out, and judge the bundle on its device with `edge-asr gate`."
        )
    return gate


def _load(kind: Kind) -> OpenGate:
    gates: dict[str, EntryPoint] = {point.name: point for point in entry_points(group=GATE_GROUP)}
    if not gates:
        raise BackendUnavailableError(
            f"--gate-on needs the package edge_bench, and nothing is registered as {GATE_GROUP!r}. "
            f"Install edge-asr anew with `pip install 'edge-asr[export,bench]'`."
        )
    if kind not in gates:
        raise UsageError(
            f"There is no gate for a bundle of kind {kind!r}, only for {', '.join(sorted(gates))}. "
            f"Leave --gate-on out."
        )
    try:
        return cast("OpenGate", gates[kind].load())
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            f"--gate-on needs the Python package {error.name!r}, which is not installed. "
            f"Install it with `pip install 'edge-asr[export,bench]'`."
        ) from error
