"""`edge-asr run`: audio files in, transcripts on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import typer

from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.delivery import Delivery, read_formats, remark_unused
from edge_runtime.cli.failures import Tally
from edge_runtime.cli.flags.grouped import grouped
from edge_runtime.cli.flags.inputs import InputFlags
from edge_runtime.cli.flags.layout import LayoutFlags
from edge_runtime.cli.flags.long import LongFlags
from edge_runtime.cli.flags.many import ManyFlags
from edge_runtime.cli.flags.model import ModelFlags
from edge_runtime.cli.flags.outputs import OutputFlags
from edge_runtime.cli.flags.remarks import RemarkFlags
from edge_runtime.cli.flags.request import RequestFlags
from edge_runtime.cli.flags.words import WordFlags
from edge_runtime.cli.inputs.recordings import Recording
from edge_runtime.cli.many.engine import Request
from edge_runtime.cli.many.items import plan_items
from edge_runtime.cli.many.reporter import Reporter
from edge_runtime.cli.many.results import Results
from edge_runtime.cli.many.setup import EngineSetup
from edge_runtime.cli.many.transcription_run import TranscriptionRun
from edge_runtime.cli.options import requested_formats
from edge_runtime.cli.terminal import say
from edge_runtime.errors import BundleError, UsageError


@grouped
def run(
    inputs: InputFlags,
    model: ModelFlags,
    request: RequestFlags,
    long: LongFlags,
    words: WordFlags,
    outputs: OutputFlags,
    layout: LayoutFlags,
    many: ManyFlags,
    remarks: RemarkFlags,
) -> None:
    """Transcribe audio files with a bundle."""
    recordings = inputs.recordings()
    many.require_sense(recordings, outputs.output_dir)
    delivery = _delivery(recordings, inputs, words, outputs, layout, remarks)
    align = words.align_options()
    needs_aligner = delivery.needs_words or words.aligner is not None or _finds_aligner(delivery, remarks)
    setup = EngineSetup(
        model=model,
        aligner=words.aligner,
        request=Request(
            load=inputs.load_options,
            transcribe=replace(request.transcribe_options(), long=long.long_options()),
            align=align if needs_aligner else None,
        ),
        quiet=remarks.quiet,
        verbose=remarks.verbose,
    )
    results = Results(
        delivery=delivery,
        reporter=Reporter(many.report, len(recordings)),
        quiet=remarks.quiet,
        verbose=remarks.verbose,
        tally=Tally(outputs.as_json),
    )
    items = plan_items(recordings, outputs.target(), delivery.formats)
    TranscriptionRun(setup, many, results, outputs.target()).run(items)
    raise typer.Exit(results.exit_code(strict=remarks.strict))


def _delivery(
    recordings: Sequence[Recording],
    inputs: InputFlags,
    words: WordFlags,
    outputs: OutputFlags,
    layout: LayoutFlags,
    remarks: RemarkFlags,
) -> Delivery:
    if outputs.as_json and layout.offset:
        raise UsageError("--json has the times of the recording. For --offset, give --output-format json.")
    delivery = Delivery(
        granularity=words.granularity(),
        formats=read_formats(
            requested_formats(outputs.output_format),
            outputs.target(),
            as_json=outputs.as_json,
            several=len(recordings) > 1,
            has_words=words.are_timed(),
        ),
        layout=layout.writer_options(),
        as_json=outputs.as_json,
        label=not inputs.is_one_file,
        quiet=remarks.quiet,
    )
    remark_unused(delivery.layout, delivery.formats, quiet=remarks.quiet)
    if delivery.drops_times:
        hint = "plain text shows no times. Give --output-format srt, or --json."
        say(f"edge-asr: warning: {hint}", quiet=remarks.quiet)
    return delivery


def _finds_aligner(delivery: Delivery, remarks: RemarkFlags) -> bool:
    """Tell whether there is an aligner for the layout that is asked for; if not, say what it does without."""
    if not delivery.wants_words:
        return False
    try:
        choose_bundle(None, "aligner")
    except BundleError as error:
        hint = f"limits of subtitles act on estimated times, since no words can be timed. {error}"
        say(f"edge-asr: warning: {hint}", quiet=remarks.quiet)
        return False
    return True
