"""Where the report of `edge-asr bench` goes, and what it is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import typer

from edge_bench.speed.comparison import Comparison, Setting, compare, read_report, require_alike, setting_of
from edge_bench.speed.document.markdown import markdown
from edge_bench.speed.document.page import page
from edge_bench.speed.environment import read_environment
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.report import AudioInput, Report
from edge_bench.speed.table import table
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.cli import options
from edge_runtime.cli.terminal import emit, say
from edge_runtime.errors import CheckFailedError, UsageError

Save: TypeAlias = Annotated[
    Path | None, typer.Option("--save", metavar="FILE", help="Also write the JSON to a file.")
]
MarkdownFile: TypeAlias = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Also write the report as Markdown.")
]
Html: TypeAlias = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Also write it as one page with plots, which loads nothing."),
]
CompareWith: TypeAlias = Annotated[
    Path | None,
    typer.Option("--compare", metavar="OLD.json", help="A saved report of the same machine and bundle."),
]
FailIfSlower: TypeAlias = Annotated[
    str | None,
    typer.Option("--fail-if-slower", metavar="PERCENT", help="Exit with 8 if slower than OLD.json by more."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFlags:
    """Files to write, and a report to compare with."""

    save: Save = None
    markdown: MarkdownFile = None
    html: Html = None
    compare: CompareWith = None
    fail_if_slower: FailIfSlower = None
    as_json: options.Json = False


@dataclass(frozen=True, slots=True)
class BenchOutputs:
    """The same, checked.

    Attributes:
        flags: as given.
        old: the report to compare with.
        limit: by how much this one may be slower: 0.05 is 5 %; None for any.
    """

    flags: OutputFlags
    old: Report | None
    limit: float | None

    @classmethod
    def of(cls, flags: OutputFlags) -> BenchOutputs:
        """Check the flags before anything is measured.

        Raises:
            UsageError: a folder is missing, a report cannot be read, a limit is none or has no report.
        """
        for name, path in _files(flags):
            if not path.parent.is_dir():
                raise UsageError(
                    f"--{name} {path}: no folder {path.parent}. Create it, or name another file."
                )
        limit = None if flags.fail_if_slower is None else _share(flags.fail_if_slower)
        if limit is not None and flags.compare is None:
            raise UsageError("--fail-if-slower needs --compare OLD.json: slower than what?")
        return cls(flags, None if flags.compare is None else read_report(flags.compare), limit)

    def require_comparable(
        self, bundle: Bundle, asked: BenchOptions, recordings: Sequence[BenchRecording]
    ) -> None:
        """Refuse to measure what cannot be compared.

        Raises:
            UsageError: the report to compare with is of another machine, bundle or request.
        """
        if self.old is not None:
            inputs = tuple(map(AudioInput.of, recordings))
            here = Setting.of(read_environment(), asked, bundle.manifest_sha256, inputs)
            require_alike(setting_of(self.old), here)

    def deliver(self, report: Report) -> None:
        """Write the files, print the report, and judge it.

        Raises:
            UsageError: a file cannot be written.
            CheckFailedError: it is slower than allowed.
        """
        texts = {
            "save": lambda: msgspec.json.format(report.to_json(), indent=2) + "\n",
            "markdown": lambda: markdown(report),
            "html": lambda: page(report),
        }
        for name, path in _files(self.flags):
            _write(name, path, texts[name]())
        comparison = None if self.old is None else compare(self.old, report)
        emit(report.to_json() if self.flags.as_json else _shown(report, comparison))
        if comparison is not None:
            self._judge(comparison)

    def _judge(self, comparison: Comparison) -> None:
        if self.flags.as_json:
            for line in comparison.lines():
                say(line)
        if self.limit is None or not (slower := comparison.slower(self.limit)):
            return
        listed = ", ".join(f"{change.name} by {100 * (change.ratio - 1):.1f} %" for change in slower)
        raise CheckFailedError(
            f"Slower than {self.flags.compare} by more than {100 * self.limit:g} %: {listed}. "
            f"Measure both again on a quiet machine, or find the cause."
        )


def _shown(report: Report, comparison: Comparison | None) -> str:
    return "\n".join((table(report), *(comparison.lines() if comparison else ())))


def _files(flags: OutputFlags) -> Iterator[tuple[str, Path]]:
    named = (("save", flags.save), ("markdown", flags.markdown), ("html", flags.html))
    yield from ((name, path) for name, path in named if path is not None)


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError as error:
        raise UsageError(f"--fail-if-slower {text}: no percentage. Write 5% or 5.") from error
    if not 0 <= share < float("inf"):
        raise UsageError(f"--fail-if-slower {text}: give a percentage of at least 0.")
    return share


def _write(name: str, path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"--{name} {path}: cannot be written: {error.strerror}.") from error
