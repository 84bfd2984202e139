"""What becomes of each recording: its transcript is delivered, or its failure told, and both are counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edge_runtime.cli.delivery import Delivery
from edge_runtime.cli.failures import Tally
from edge_runtime.cli.many.items import Item
from edge_runtime.cli.terminal import say
from edge_runtime.errors import DeviceLostError, ExitCode, OutputError
from edge_runtime.results.transcript import STRICT_CODES, Transcript


@dataclass
class Results:
    """Delivers one result after the other, and counts.

    Attributes:
        delivery: how.
        quiet: no remarks.
        verbose: a line about each recording.
        tally: counts.
        codes: of all warnings.
    """

    delivery: Delivery
    quiet: bool
    verbose: bool
    tally: Tally
    codes: set[str] = field(default_factory=set)

    def take(self, item: Item, result: Transcript | Exception) -> None:
        """Deliver a transcript, or report why there is none.

        Raises:
            OutputError, DeviceLostError: no other result can be delivered.
        """
        try:
            self._deliver(item, result)
        except (OutputError, DeviceLostError):
            raise
        except Exception as error:  # noqa: BLE001  # of this recording alone
            self.tally.fail(error, item.name)
        else:
            self.tally.num_done += 1

    def exit_code(self, *, strict: bool) -> ExitCode:
        """Return how the command ends."""
        code = self.tally.exit_code()
        return ExitCode.CHECK_FAILED if not code and strict and self.codes & STRICT_CODES else code

    def _deliver(self, item: Item, result: Transcript | Exception) -> None:
        if isinstance(result, Exception):
            raise result
        for kind, remark in _remarks(result, verbose=self.verbose):
            say(f"edge-asr: {kind}{item.name}: {remark}", quiet=self.quiet)
        self.delivery.show(item.name, result, item.paths)
        self.codes |= {warning.code for warning in result.warnings}


def _remarks(transcript: Transcript, *, verbose: bool) -> Iterator[tuple[str, str]]:
    for warning in transcript.warnings:
        yield "warning: ", warning.message
    if transcript.no_speech:
        yield "", "no speech"
    if verbose:
        audio_s, seconds = transcript.audio.duration_s, transcript.timing.total_ms / 1e3
        language = transcript.language or "no language"
        yield "", f"{audio_s:.1f} s of audio in {seconds:.1f} s (RTF {transcript.timing.rtf:.2f}), {language}"
