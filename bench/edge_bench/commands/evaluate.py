"""`edge-asr eval`: transcribe a corpus and score it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge_bench.corpus import Clip, Variant, read_list
from edge_bench.scoring.asr import Scored, score
from edge_bench.scoring.bars import parse_bars, require_cleared
from edge_bench.scoring.variants import variant_metrics
from edge_runtime.cli import options
from edge_runtime.cli.batch import transcribe_each
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.failures import Tally
from edge_runtime.cli.process.streams import results_go_to_a_terminal
from edge_runtime.cli.terminal import emit, verify_progress
from edge_runtime.errors import CheckFailedError, UsageError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer


def evaluate(
    corpus: Annotated[
        Path, typer.Argument(metavar="LIST", help="JSON lines with id, audio, text, language.")
    ],
    model: options.Model = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    batch_size: options.BatchSize = 1,
    demo: Annotated[bool, typer.Option("--demo", help="Only the clips marked for demonstration.")] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="Exit with 8 unless every text is the reference.")
    ] = False,
    bar: Annotated[
        list[str] | None,
        typer.Option("--bar", metavar="NAME=VALUE", help="Exit with 8 if missed, e.g. wer_en=3 or lid=99."),
    ] = None,
    variants: Annotated[
        Path | None,
        typer.Option(
            "--variants",
            metavar="LIST",
            help="Also recordings made of those, or of sounds: joined_gap, edge_gap, sound_text.",
        ),
    ] = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Transcribe a list of recordings, show each text beside its reference, and score them all."""
    bars = parse_bars(bar or ())
    clips = [clip for clip in read_list(corpus, Clip) if clip.demo or not demo]
    if not clips:
        raise UsageError(f"{corpus}: none of its recordings is marked for demonstration. Leave --demo out.")
    import_module("kaldialign")  # where it is missing, say so before the list is transcribed
    progress = verify_progress(quiet=quiet)
    bundle = choose_bundle(model, "asr")
    recognizer = Recognizer.load(bundle, device=device, threads=threads, progress=progress)
    made = read_list(variants, Variant) if variants else ()
    show = _json if as_json else _silent if quiet else _lines
    tally = Tally(as_json)
    transcribed = _transcribe(recognizer, corpus.parent, clips, batch_size, tally)
    results = list(_shown(transcribed, len(clips), show))
    if results:
        languages = recognizer.bundle.manifest.languages
        scores = score(results, {language.name: language.code or language.name for language in languages})
        if variants:
            transcribed = _transcribe(recognizer, variants.parent, made, batch_size, tally)
            transcribed_variants = list(_shown(transcribed, len(made), show))
            lost = {clip.id for clip in clips} - {result.clip.id for result in results}
            scores = replace(scores, variants=_variant_metrics(made, transcribed_variants, results, lost))
        emit(msgspec.json.encode(scores).decode() if as_json else scores.summary())
    tally.require_all("The scores are those of the others, and no bar is checked.")
    if exact:
        _require_exact(results)
    require_cleared(bars, scores.metrics())


def _transcribe(
    recognizer: Recognizer, directory: Path, clips: Sequence[Clip], batch_size: int, tally: Tally
) -> Iterator[Scored]:
    paths = [directory / clip.audio for clip in clips]
    results = transcribe_each(recognizer, paths, TranscribeOptions(), batch_size)
    for clip, path, (_, result) in zip(clips, paths, results, strict=True):
        if isinstance(result, Exception):
            tally.fail(result, str(path))
            continue
        tally.num_done += 1
        yield Scored(clip, result)


def _shown(results: Iterable[Scored], total: int, show: Callable[[Scored], str]) -> Iterator[Scored]:
    for done, result in enumerate(results, 1):
        if text := show(result):
            emit(text)
        _show_progress(done, total)
        yield result


def _variant_metrics(
    made: Sequence[Variant], transcribed_variants: Sequence[Scored], apart: Sequence[Scored], lost: set[str]
) -> Mapping[str, float]:
    """Score the variants that could be used, but for those made of clips that could not."""
    by_id = {variant.id: variant for variant in made}
    pairs = [(by_id[result.clip.id], result) for result in transcribed_variants]
    return variant_metrics([pair for pair in pairs if lost.isdisjoint(pair[0].parts)], apart)


def _silent(_result: Scored) -> str:
    return ""


def _lines(result: Scored) -> str:
    transcript = result.transcript
    return (
        f"{result.clip.id}  {transcript.audio.duration_s:.1f} s  {'same' if result.is_exact else 'DIFFERS'}\n"
        f"  reference   {result.clip.language or 'no speech':10} {result.clip.text}\n"
        f"  transcript  {transcript.language or 'no speech':10} {transcript.text}"
    )


def _json(result: Scored) -> str:
    document = {"clip": result.clip, "exact": result.is_exact, "transcript": result.transcript}
    return msgspec.json.encode(document, order="sorted").decode()


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and not results_go_to_a_terminal():
        print(f"{done}/{total}", end="\r" if done < total else "\n", file=sys.stderr)


def _require_exact(results: Sequence[Scored]) -> None:
    differing = [result.clip.id for result in results if not result.is_exact]
    if differing:
        listed = ", ".join(differing)
        raise CheckFailedError(
            f"{len(differing)} of {len(results)} texts differ from their reference: {listed}."
        )
