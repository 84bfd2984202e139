"""A run from its plan to its report, however it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from edge_runtime.cli.flags.many import ManyFlags
from edge_runtime.cli.many.engine import Engine
from edge_runtime.cli.many.items import Item, Outcome, existing
from edge_runtime.cli.many.journal import Journal
from edge_runtime.cli.many.progress import Progress
from edge_runtime.cli.many.results import Results
from edge_runtime.cli.many.resumption import Resumption, hash_of
from edge_runtime.cli.many.schedule import Schedule
from edge_runtime.cli.many.setup import EngineSetup
from edge_runtime.cli.many.summary import summary
from edge_runtime.cli.output_files import Target
from edge_runtime.cli.process.status_line import is_shown, status_line
from edge_runtime.cli.terminal import say
from edge_runtime.cli.workers.pool import Workers
from edge_runtime.recognition.batching import reorder


@dataclass(frozen=True, slots=True)
class TranscriptionRun:
    """A run.

    Attributes:
        setup: of what transcribes.
        flags: how many at a time, and what is kept of it.
        results: takes what becomes of each recording.
        target: where files go.
    """

    setup: EngineSetup
    flags: ManyFlags
    results: Results
    target: Target

    def run(self, items: Sequence[Item]) -> None:
        """Do all items; what is done when an error or Ctrl-C ends the run is delivered and in the report."""
        with self._accounted():
            if wanted := self._wanted(items):
                self._transcribe(wanted)

    def _wanted(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return what is to be done, without what is already there if that is to be left out."""
        left_out = existing(items) if self.target.skip_existing else []
        for item in left_out:
            self.results.skip(item, f"there is {', '.join(map(str, item.paths.values()))}")
        numbers = {item.number for item in left_out}
        return [item for item in items if item.number not in numbers]

    def _transcribe(self, items: Sequence[Item]) -> None:
        engine = self._engine(len(items))
        try:
            resumption = self.results.resumption = self._resumption(engine)
            self.results.reporter.start(engine.identity.recognizer)
            progress = Progress(items, is_shown=is_shown(quiet=self.setup.quiet))
            schedule = Schedule(items, self.results, resumption, progress)
            with status_line(progress.text, quiet=self.setup.quiet):
                for item, outcome in self._outcomes(engine, schedule):
                    schedule.take(item, outcome)
        finally:
            engine.close()

    def _engine(self, num_items: int) -> Engine | Workers:
        flags = self.flags
        if flags.jobs is None:
            return self.setup.load()
        return Workers(self.setup, flags.jobs, num_items, flags.timeout, quiet=self.setup.quiet)

    def _resumption(self, engine: Engine | Workers) -> Resumption | None:
        if not self.flags.resume:
            return None
        assert self.target.directory is not None, "the flags were checked"
        bundles = engine.identity
        request = self.setup.request
        hashes = bundles.recognizer.manifest_sha256, bundles.aligner and bundles.aligner.manifest_sha256
        resumption = Resumption(
            Journal(self.target.directory),
            hash_of([*hashes, request.load, request.transcribe, request.align]),
        )
        if isinstance(engine, Workers):
            engine.on_lost = resumption.lose
        return resumption

    def _outcomes(self, engine: Engine | Workers, schedule: Schedule) -> Iterator[tuple[Item, Outcome]]:
        first = engine.transcribe(schedule.first(), self.flags.batch_size)
        if self.target.writes_files:
            yield from first
        else:  # results on stdout are in the order of the recordings
            yield from reorder((item.number, (item, outcome)) for item, outcome in first)
        if schedule.suspects:
            yield from engine.transcribe(schedule.last(), batch_size=1)

    @contextmanager
    def _accounted(self) -> Iterator[None]:
        """Write the report, whatever ends the body."""
        complete = False
        self.results.reporter.write(complete=False)  # before the work: is there a place for it
        try:
            yield
            complete = True
        finally:
            if self.results.resumption:
                self.results.resumption.end()
            report = self.results.reporter.write(complete=complete)
            if self.flags.report is not None:
                say(f"edge-asr: {'done' if complete else 'ended early'}", quiet=self.setup.quiet)
                for line in summary(report):
                    say(line, quiet=self.setup.quiet)
