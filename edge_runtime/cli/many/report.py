"""The report of `edge-asr run --report`. Its JSON Schema is published as `engines/report.schema.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from edge_runtime.arrays import Seconds
from edge_runtime.json_schema import schema_of
from edge_runtime.results.transcript import EngineInfo

SCHEMA: Final = "edge-asr/report@1"

ItemStatus = Literal["done", "failed", "skipped"]
"""What became of a recording; one that is skipped has its result from an earlier run, or files that exist."""


class ReportedWarning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the transcript of a recording warns of."""

    code: str
    message: str


class ReportedError(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a recording has no result."""

    type: str
    """Name of the error's class."""
    message: str
    """What happened and what to do next."""
    exit_code: int
    """Of a command that does nothing else."""


class FileReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recording."""

    path: str
    sha256: str | None = None
    """Of its bytes; null where they were not read."""
    status: ItemStatus
    tries: int
    """How often it was decoded in this run."""
    duration_s: Seconds | None = None
    """Of the recording; null where it is not known."""
    seconds: Seconds | None = None
    """That its transcript took, in an earlier run if it is skipped; null where there is none."""
    transcript_status: str | None = None
    """As in the transcript's JSON."""
    language: str | None = None
    warnings: tuple[ReportedWarning, ...] = ()
    outputs: tuple[str, ...] = ()
    """Files that hold its result."""
    reason: str | None = None
    """Why it was skipped."""
    error: ReportedError | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a run."""

    schema: Literal["edge-asr/report@1"] = "edge-asr/report@1"
    edge_asr: str
    """Version."""
    complete: bool
    """Whether the run got to its end; false while it runs, and after it was interrupted or killed."""
    engine: EngineInfo | None
    """The bundle; null where nothing was to be done."""
    num_recordings: int
    """Named by the command; those without an entry in `files` were not reached."""
    num_done: int
    num_failed: int
    num_skipped: int
    audio_s: Seconds
    """Of the recordings done in this run."""
    wall_s: Seconds
    """Since the bundle was loaded."""
    rtf: float | None
    """`wall_s` by `audio_s`; null without audio."""
    files: tuple[FileReport, ...]

    def to_json(self) -> str:
        """Return the report as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted").decode()


def make_report(
    files: Iterable[FileReport],
    *,
    version: str,
    engine: EngineInfo | None,
    num_recordings: int,
    wall_s: Seconds,
    complete: bool,
) -> Report:
    """Return a report with the sums of its files."""
    entries = tuple(files)
    counts = Counter(one.status for one in entries)
    audio_s = sum((one.duration_s or 0.0 for one in entries if one.status == "done"), 0.0)
    return Report(
        edge_asr=version,
        complete=complete,
        engine=engine,
        num_recordings=num_recordings,
        num_done=counts["done"],
        num_failed=counts["failed"],
        num_skipped=counts["skipped"],
        audio_s=audio_s,
        wall_s=wall_s,
        rtf=wall_s / audio_s if audio_s else None,
        files=entries,
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    return schema_of(Report)
