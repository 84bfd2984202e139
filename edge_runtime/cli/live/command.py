"""`edge-asr stream`: audio in while it is spoken, text out while it is said."""

from __future__ import annotations

from contextlib import ExitStack

import typer

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.failures import report
from edge_runtime.cli.flags.grouped import grouped
from edge_runtime.cli.flags.live import LiveFlags
from edge_runtime.cli.flags.model import ModelFlags
from edge_runtime.cli.live.intake import Intake
from edge_runtime.cli.live.microphone import list_devices
from edge_runtime.cli.live.opening import open_outputs, open_source
from edge_runtime.cli.live.session import LiveSession
from edge_runtime.cli.live.source import LiveSource
from edge_runtime.cli.live.stopping import stopping
from edge_runtime.cli.loading import described
from edge_runtime.cli.terminal import emit, say
from edge_runtime.errors import AudioError, ExitCode
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming.options import StreamOptions


@grouped
def stream(live: LiveFlags, model: ModelFlags) -> None:
    """Transcribe audio while it is spoken: a microphone, standard input or a file."""
    live.require_sense()
    options = live.stream_options()
    if live.list_devices:
        emit(list_devices())
        return
    with model.load(Recognizer, choose_bundle(model.model, "asr"), quiet=live.quiet) as recognizer:
        say(f"edge-asr: bundle {described(recognizer.bundle)}", quiet=not live.verbose)
        raise typer.Exit(_transcribe(live, recognizer, _load_aligner(live, model), options))


def _load_aligner(live: LiveFlags, model: ModelFlags) -> Aligner | None:
    if live.aligner is None:
        return None
    return model.load(Aligner, choose_bundle(live.aligner, "aligner"), quiet=live.quiet)


def _transcribe(
    live: LiveFlags, recognizer: Recognizer, aligner: Aligner | None, options: StreamOptions
) -> ExitCode:
    with ExitStack() as opened:
        source = opened.enter_context(open_source(live))
        outputs = opened.enter_context(open_outputs(live.emit, timed=aligner is not None, quiet=live.quiet))
        intake = Intake(source, realtime=live.realtime, drops=live.drops, max_held_s=live.max_held_s)
        session = LiveSession(intake, source.rate, outputs)
        stops = opened.enter_context(stopping(intake.stop))
        # What waits for nobody is decoded in this thread, so that its events depend on the samples alone.
        worker = live.realtime or not live.is_recording
        transcribing = recognizer.stream(options, on_event=session.events.put, aligner=aligner, worker=worker)
        opened.enter_context(transcribing)
        if source.is_live:
            say(f"edge-asr: listening to {source.name}; Ctrl-C ends.", quiet=live.quiet)
        try:
            session.run(transcribing)
        except AudioError as error:
            code = report(error, source.name)
            return ExitCode.SOME_INPUTS_FAILED if session.num_finals else code
        finally:
            _say_dropped(intake, source, quiet=live.quiet)
        # Ctrl-C is how one stops to listen; of a file or a pipe the rest is missing.
        is_intended = stops.code == ExitCode.INTERRUPTED and source.is_live
        return ExitCode.OK if is_intended or stops.code is None else stops.code


def _say_dropped(intake: Intake, source: LiveSource, *, quiet: bool) -> None:
    if intake.dropped_s:
        lost = f"{intake.dropped_s:.1f} s of audio were dropped, this machine does not keep up"
        say(f"edge-asr: warning: {source.name}: {lost}. Try --hop 1, or a smaller bundle.", quiet=quiet)
