"""What becomes of each recording: its transcript is delivered, or its failure told, and both are noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edge_runtime.cli.delivery import Delivery
from edge_runtime.cli.failures import Failure, KnownFailureError, Tally, failure_of
from edge_runtime.cli.many.items import Item, Outcome
from edge_runtime.cli.many.reporter import Reporter
from edge_runtime.cli.many.resumption import Resumption
from edge_runtime.cli.terminal import say
from edge_runtime.errors import DeviceLostError, ExitCode, OutputError
from edge_runtime.results.result_warning import STRICT_CODES
from edge_runtime.results.transcript import Transcript


@dataclass
class Results:
    """Delivers one result after the other, and counts.

    Attributes:
        delivery: how.
        reporter: collects them.
        quiet: no remarks.
        verbose: a line about each recording.
        tally: counts.
        resumption: keeps them for the next run, if that is requested.
        codes: of all warnings.
    """

    delivery: Delivery
    reporter: Reporter
    quiet: bool
    verbose: bool
    tally: Tally
    resumption: Resumption | None = None
    codes: set[str] = field(default_factory=set)

    def take(self, item: Item, outcome: Outcome) -> None:
        """Deliver a transcript, or tell why there is none.

        Raises:
            OutputError, DeviceLostError: no other result can be delivered.
        """
        try:
            transcript = self._deliver(item, outcome.result)
        except (OutputError, DeviceLostError):
            raise
        except Exception as error:  # noqa: BLE001  # of this recording alone
            self._fail(item, error, outcome.tries)
        else:
            self.tally.num_done += 1
            if self.resumption:
                self.resumption.finish(item, transcript)
            self.reporter.done(item, transcript, outcome.tries)

    def skip(self, item: Item, reason: str, transcript: Transcript | None = None) -> None:
        """Leave out an item whose files are there."""
        say(f"edge-asr: {item.name}: left out, {reason}", quiet=self.quiet)
        self.tally.num_done += 1
        self.codes |= _codes(transcript)
        self.reporter.skipped(item, reason, transcript)

    def refuse(self, item: Item, failure: Failure) -> None:
        """Tell why an item is not tried."""
        self.tally.fail(KnownFailureError(failure), item.name)
        self.reporter.failed(item, failure, tries=0)

    def exit_code(self, *, strict: bool) -> ExitCode:
        """Return how the command ends."""
        code = self.tally.exit_code()
        return ExitCode.CHECK_FAILED if not code and strict and self.codes & STRICT_CODES else code

    def _deliver(self, item: Item, result: Transcript | Exception) -> Transcript:
        if isinstance(result, Exception):
            raise result
        for kind, remark in _remarks(result, verbose=self.verbose):
            say(f"edge-asr: {kind}{item.name}: {remark}", quiet=self.quiet)
        self.delivery.show(item.name, result, item.paths)
        self.codes |= _codes(result)
        return result

    def _fail(self, item: Item, error: Exception, tries: int) -> None:
        self.tally.fail(error, item.name)
        failure = failure_of(error, item.name)
        self.reporter.failed(item, failure, tries)
        if self.resumption:
            self.resumption.fail(item, error, failure)


def _codes(transcript: Transcript | None) -> set[str]:
    return {warning.code for warning in transcript.warnings} if transcript else set()


def _remarks(transcript: Transcript, *, verbose: bool) -> Iterator[tuple[str, str]]:
    for warning in transcript.warnings:
        yield "warning: ", warning.message
    if transcript.no_speech:
        yield "", "no speech"
    if verbose:
        audio_s, seconds = transcript.audio.duration_s, transcript.timing.total_ms / 1e3
        language = transcript.language or "no language"
        yield "", f"{audio_s:.1f} s of audio in {seconds:.1f} s (RTF {transcript.timing.rtf:.2f}), {language}"
