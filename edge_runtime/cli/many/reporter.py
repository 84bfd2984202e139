"""What becomes of each recording, kept for the report, whose file is up to date within seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from edge_runtime.arrays import Seconds
from edge_runtime.cli.failures import Failure
from edge_runtime.cli.many.items import Item
from edge_runtime.cli.many.report import FileReport, Report, ReportedError, ReportedWarning, make_report
from edge_runtime.cli.terminal import valid_unicode
from edge_runtime.errors import UsageError
from edge_runtime.results.transcript import EngineInfo, Transcript
from edge_runtime.version import VERSION
from edge_runtime.writers import write_whole

_STEP_S: Final[Seconds] = 2.0
_MAX_SHARE: Final = 0.02
"""Most of the time that the file may cost: with 10,000 recordings it has megabytes."""


@dataclass
class Reporter:
    """Collects what the report says.

    Attributes:
        path: of the report, None where none is requested.
        num_recordings: named by the command.
        engine: the bundle, once it is loaded.
        files: what became of each recording.
    """

    path: Path | None
    num_recordings: int
    engine: EngineInfo | None = None
    files: list[FileReport] = field(default_factory=list)
    _start: Seconds = field(default_factory=perf_counter)
    _next: Seconds = 0.0

    def start(self, engine: EngineInfo) -> None:
        """Count the time from now on, when the bundle is loaded."""
        self.engine = engine
        self._start = perf_counter()

    def done(self, item: Item, transcript: Transcript, tries: int) -> None:
        """Note a recording whose result is delivered."""
        file = FileReport(path=valid_unicode(item.name), status="done", tries=tries, outputs=_outputs(item))
        self._add(_with_transcript(file, transcript))

    def failed(self, item: Item, failure: Failure, tries: int) -> None:
        """Note a recording without a result."""
        error = ReportedError(
            type=failure.kind, message=valid_unicode(failure.message), exit_code=int(failure.exit_code)
        )
        path = valid_unicode(item.name)
        self._add(FileReport(path=path, sha256=item.sha256, status="failed", tries=tries, error=error))

    def skipped(self, item: Item, reason: str, transcript: Transcript | None) -> None:
        """Note a recording whose result was there; its transcript too where it is known."""
        file = FileReport(
            path=valid_unicode(item.name), status="skipped", tries=0, reason=reason, outputs=_outputs(item)
        )
        self._add(_with_transcript(file, transcript) if transcript else file)

    def report(self, *, complete: bool) -> Report:
        """Return the report of what happened until now."""
        return make_report(
            self.files,
            version=VERSION,
            engine=self.engine,
            num_recordings=self.num_recordings,
            wall_s=perf_counter() - self._start,
            complete=complete,
        )

    def write(self, *, complete: bool) -> Report:
        """Write the file, if one is requested.

        Raises:
            UsageError: it cannot be written there.
            ResourceError: the disk is full.
        """
        report = self.report(complete=complete)
        if self.path is not None:
            try:
                write_whole(self.path, report.to_json() + "\n")
            except UsageError as error:
                raise UsageError(f"--report {self.path}: cannot be written. Name another file.") from error
        return report

    def _add(self, file: FileReport) -> None:
        self.files.append(file)
        before = perf_counter()
        if self.path is not None and before >= self._next:
            self.write(complete=False)
            after = perf_counter()
            self._next = after + max(_STEP_S, (after - before) / _MAX_SHARE)


def _outputs(item: Item) -> tuple[str, ...]:
    return tuple(valid_unicode(str(path)) for path in item.paths.values())


def _with_transcript(file: FileReport, transcript: Transcript) -> FileReport:
    warnings = tuple(ReportedWarning(code=one.code, message=one.message) for one in transcript.warnings)
    return msgspec.structs.replace(
        file,
        sha256=transcript.audio.sha256,
        duration_s=transcript.audio.duration_s,
        seconds=transcript.timing.total_ms / 1e3,
        transcript_status=transcript.status,
        language=transcript.language,
        warnings=warnings,
    )
