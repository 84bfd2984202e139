"""`edge-asr run`: audio files in, transcripts on stdout."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.delivery import Delivery, read_formats
from edge_runtime.cli.failures import Tally
from edge_runtime.cli.flags.grouped import grouped
from edge_runtime.cli.flags.inputs import InputFlags
from edge_runtime.cli.flags.many import ManyFlags
from edge_runtime.cli.flags.model import ModelFlags
from edge_runtime.cli.flags.outputs import OutputFlags
from edge_runtime.cli.flags.remarks import RemarkFlags
from edge_runtime.cli.flags.request import RequestFlags
from edge_runtime.cli.flags.words import WordFlags
from edge_runtime.cli.inputs.recordings import Recording
from edge_runtime.cli.loading import described
from edge_runtime.cli.many.engine import Asked, Engine
from edge_runtime.cli.many.items import Item, existing, plan_items
from edge_runtime.cli.many.results import Results
from edge_runtime.cli.options import requested_formats
from edge_runtime.cli.process.activity import shown_activity
from edge_runtime.cli.terminal import say
from edge_runtime.recognition.recognizer import Recognizer


@grouped
def run(
    inputs: InputFlags,
    model: ModelFlags,
    request: RequestFlags,
    words: WordFlags,
    outputs: OutputFlags,
    many: ManyFlags,
    remarks: RemarkFlags,
) -> None:
    """Transcribe audio files with a bundle."""
    recordings = inputs.recordings()
    delivery = _delivery(recordings, inputs, words, outputs, remarks)
    asked = Asked(
        load=inputs.load_options, transcribe=request.transcribe_options(), align=words.align_options()
    )
    items = _wanted(plan_items(recordings, outputs.target(), delivery.formats), outputs, remarks)
    if not items:
        return
    engine = _load(model, words, asked, remarks, needs_words=delivery.needs_words)
    results = Results(delivery, remarks.quiet, remarks.verbose, Tally(outputs.as_json))
    _deliver_all(items, engine, many.batch_size, results)
    raise typer.Exit(results.exit_code(strict=remarks.strict))


def _delivery(
    recordings: Sequence[Recording],
    inputs: InputFlags,
    words: WordFlags,
    outputs: OutputFlags,
    remarks: RemarkFlags,
) -> Delivery:
    delivery = Delivery(
        granularity=words.granularity(),
        formats=read_formats(
            requested_formats(outputs.output_format),
            outputs.target(),
            as_json=outputs.as_json,
            several=len(recordings) > 1,
            has_words=words.are_timed(),
        ),
        layout=outputs.layout,
        as_json=outputs.as_json,
        label=not inputs.is_one_file,
        quiet=remarks.quiet,
    )
    if delivery.drops_times:
        hint = "plain text shows no times. Give --output-format srt, or --json."
        say(f"edge-asr: warning: {hint}", quiet=remarks.quiet)
    return delivery


def _wanted(items: list[Item], outputs: OutputFlags, remarks: RemarkFlags) -> list[Item]:
    """Return what is to be done, without what is already there if that is to be left out."""
    left_out = existing(items) if outputs.skip_existing else []
    for item in left_out:
        names = ", ".join(map(str, item.paths.values()))
        say(f"edge-asr: {item.name}: left out, there is {names}", quiet=remarks.quiet)
    return [item for item in items if item not in left_out]


def _load(
    model: ModelFlags, words: WordFlags, asked: Asked, remarks: RemarkFlags, *, needs_words: bool
) -> Engine:
    recognizer = model.load(Recognizer, choose_bundle(model.model, "asr"), quiet=remarks.quiet)
    say(f"edge-asr: bundle {described(recognizer.bundle)}", quiet=not remarks.verbose)
    aligner = None
    if needs_words or words.aligner is not None:
        aligner = model.load(Aligner, choose_bundle(words.aligner, "aligner"), quiet=remarks.quiet)
    return Engine(recognizer, aligner, asked, remarks.quiet)


def _deliver_all(items: Sequence[Item], engine: Engine, batch_size: int, results: Results) -> None:
    transcripts = engine.transcribe((item.recording for item in items), batch_size)
    for number, item in enumerate(items, 1):
        with shown_activity(f"transcribing {number}/{len(items)} {item.name}", quiet=results.quiet):
            result = next(transcripts)
        results.take(item, result)
