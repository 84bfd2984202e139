"""Two reports of one machine: is the newer one slower?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from edge_bench.speed.environment import Environment
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.report import SCHEMA, AudioInput, Report
from edge_runtime.backends.cpu import default_threads
from edge_runtime.errors import UsageError

JUDGED: Final = ("latency_ms", "ttft_ms", "step_ms")
"""Figures whose medians decide, beside the RTF."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What must be alike for times to be comparable; its fields have the names that a refusal gives."""

    processor: str
    cores: int
    threads: int
    device: str
    bundle: str
    scenario: str
    rate: float
    batch_size: int
    max_new_tokens: int | None
    recordings: tuple[tuple[float, str | None], ...]

    @classmethod
    def of(
        cls,
        environment: Environment,
        asked: BenchOptions,
        manifest_sha256: str,
        recordings: Sequence[AudioInput],
    ) -> Setting:
        """Return the setting of a measurement."""
        return cls(
            processor=environment.cpu,
            cores=environment.num_cores,
            threads=asked.threads or min(environment.num_cores, default_threads()),
            device=asked.device,
            bundle=manifest_sha256[:12],
            scenario=asked.scenario,
            rate=asked.rate,
            batch_size=asked.batch_size,
            max_new_tokens=asked.max_new_tokens,
            recordings=tuple((one.duration_s, one.sha256) for one in recordings),
        )

    def differences(self, other: Setting) -> Iterator[str]:
        """Name what differs, and both values."""
        for name in self.__dataclass_fields__:
            here, there = getattr(self, name), getattr(other, name)
            if here != there:
                shown = "" if name == "recordings" else f" {there} there, {here} here"
                yield f"{name.replace('_', ' ')}{shown}"


@dataclass(frozen=True, slots=True)
class Change:
    """One figure then and now; above 1 the ratio says slower."""

    name: str
    then: float
    now: float

    @property
    def ratio(self) -> float:
        """Now over then."""
        return self.now / self.then


@dataclass(frozen=True, slots=True)
class Comparison:
    """The judged figures of two reports."""

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]

    def slower(self, limit: float) -> tuple[Change, ...]:
        """Return the figures that are slower by more than a limit: 0.05 is 5 %."""
        return tuple(change for change in self.changes if change.ratio > 1 + limit)

    def lines(self) -> Iterator[str]:
        """Yield a line for each figure and warning."""
        for change in self.changes:
            percent = 100 * (change.ratio - 1)
            times = f"{change.then:.4g} then, {change.now:.4g} now"
            yield f"compared     {change.name:12} {times} ({percent:+.1f} %)"
        yield from (f"compared     {warning}" for warning in self.warnings)


def read_report(path: Path) -> Report:
    """Read a report that was saved as JSON.

    Raises:
        UsageError: it cannot be read, or is of another version.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        raise UsageError(f"--compare {path}: cannot be read: {error.strerror}.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--compare {path}: no report of format {SCHEMA}: {error}. Measure anew with --save FILE."
        ) from error


def setting_of(report: Report) -> Setting:
    """Return the setting of a report."""
    return Setting.of(report.environment, report.asked, report.engine.manifest_sha256, report.recordings)


def require_alike(old: Setting, new: Setting) -> None:
    """Refuse settings that differ.

    Raises:
        UsageError: they do; the message names what differs.
    """
    if differences := list(new.differences(old)):
        raise UsageError(
            f"--compare: the reports are not comparable; these differ: {'; '.join(differences)}. "
            f"Measure both alike, on one machine."
        )


def compare(old: Report, new: Report) -> Comparison:
    """Compare the medians of two reports, and their RTF."""
    pairs = [("RTF", old.speed.rtf.value, new.speed.rtf.value)]
    for name in JUDGED:
        then, now = getattr(old.figures, name), getattr(new.figures, name)
        if then is not None and now is not None:
            pairs.append((f"p50 {name.removesuffix('_ms')}", then.p50.value, now.p50.value))
    unstable = [
        f"the {which} report is unstable; measure anew on a quiet machine"
        for which, report in (("old", old), ("new", new))
        if report.steadiness.is_stable is False
    ]
    return Comparison(tuple(Change(*pair) for pair in pairs), tuple(unstable))
