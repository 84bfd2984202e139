"""`edge-asr eval-stream`: how live text compares with the final one, and that with offline decoding."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Annotated, cast

import typer

from edge_bench.corpus import SpeechClip, read_list
from edge_bench.scoring.bars import parse_bars, require_cleared
from edge_bench.scoring.stream.client import StreamClient
from edge_bench.scoring.stream.marginal import less_work
from edge_bench.scoring.stream.metered import MeteredRecognizer
from edge_bench.scoring.stream.recordings import (
    BREATH_S,
    StreamedRecording,
    alone,
    endless,
    with_pauses,
)
from edge_bench.scoring.stream.scores import DEFINITIONS, StreamScores
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.terminal import emit, say
from edge_runtime.errors import UsageError
from edge_runtime.streaming.commit.options import CommitOptions, PolicyName
from edge_runtime.streaming.options import Contract, StreamOptions

_DEFAULTS = StreamOptions()
_BUNDLES_POLICY: PolicyName = "probability"
_PAUSES_S = (0.3, 3.0)
_MINUTE_S = 60.0
_PARTS = ("frames", "tokens")


def evaluate_stream(
    corpus: Annotated[
        Path | None,
        typer.Argument(
            metavar="LIST",
            show_default=False,
            help="JSON lines with id, audio, text, language, and units where word times are known.",
        ),
    ] = None,
    model: options.Model = None,
    contract: Annotated[str, typer.Option("--contract", help="exact or append.")] = _DEFAULTS.contract,
    policy: Annotated[
        str, typer.Option("--policy", help="probability, local_agreement or official.")
    ] = _BUNDLES_POLICY,
    hop: Annotated[float, typer.Option("--hop", min=0.1, help="Seconds between hypotheses.")] = 0.5,
    clips: Annotated[
        int, typer.Option("--clips", min=1, help="Of the list, streamed one by one; chosen by the seed.")
    ] = 300,
    streams: Annotated[int, typer.Option("--streams", min=0, help="Of clips joined with pauses.")] = 20,
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, help="Length of such a stream.")] = 5.0,
    continuous_minutes: Annotated[
        int,
        typer.Option("--continuous-minutes", min=0, help="Of speech without pauses for minute10; 0: none."),
    ] = 10,
    work_minutes: Annotated[
        int, typer.Option("--work-minutes", min=0, help="Recordings of a minute for less_*; 0: none.")
    ] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Of clips, order, pauses and chunks.")] = 0,
    threads: options.Threads = 0,
    bar: Annotated[
        list[str] | None,
        typer.Option("--bar", metavar="NAME=VALUE", help="Exit with 8 if missed, e.g. taken_back=0.5."),
    ] = None,
    definitions: Annotated[
        bool, typer.Option("--definitions", help="Say what the scores mean, and end.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Stream recordings on a clock of their own, as fast as they are taken, and score what is said when."""
    if definitions:
        emit("\n".join(f"{name}: {meaning}" for name, meaning in DEFINITIONS.items()))
        return
    if corpus is None:
        raise UsageError("Nothing to stream. Give a LIST of recordings.")
    bars = parse_bars(bar or ())
    import_module("kaldialign")  # where it is missing, say so before anything is transcribed
    chosen = _spoken(corpus)
    recognizer = MeteredRecognizer.load(choose_bundle(model, "asr"), threads=threads)
    assert isinstance(recognizer, MeteredRecognizer), "load makes one of its class"
    client = StreamClient(recognizer, _options(contract, policy, hop), seed)
    folder = corpus.parent
    few = random.Random(seed).sample(chosen, min(clips, len(chosen)))  # noqa: S311  # reproducible, no secret
    figures = _scored(client, [alone(clip, folder) for clip in few], "clip", quiet=quiet).figures()
    if streams:
        joined = [with_pauses(chosen, folder, 60 * minutes, _PAUSES_S, seed + one) for one in range(streams)]
        of_streams = _scored(client, joined, "stream", quiet=quiet).figures()
        emit("streams: " + _line(of_streams))
        figures["exact"] = min(figures["exact"], of_streams["exact"])
    work = recognizer.work
    figures["steps_saved"] = 100 * (1 - work.decoder_calls / max(1, work.tokens))
    if work_minutes:
        pooled = [
            [with_pauses(chosen, folder, _MINUTE_S, pauses, seed + one) for one in range(work_minutes)]
            for pauses in (_PAUSES_S, BREATH_S)
        ]
        figures |= _less_work(
            client, StreamClient(recognizer, _options(contract, policy, 1.0), seed), *pooled
        )
    if continuous_minutes:
        minute, between = endless(chosen, folder, continuous_minutes, seed)
        first, last = client.step_seconds(minute, between)
        figures["minute10"] = last / first
    emit("scores: " + _line({name: figures[name] for name in DEFINITIONS if name in figures}))
    require_cleared(bars, figures)


def _spoken(corpus: Path) -> list[SpeechClip]:
    clips = [clip for clip in read_list(corpus, SpeechClip) if clip.text]
    if not clips:
        raise UsageError(f"{corpus}: nobody speaks in its recordings. Give a list with texts.")
    return clips


def _options(contract: str, policy: str, hop: float) -> StreamOptions:
    commit = None if policy == _BUNDLES_POLICY else CommitOptions(policy=cast("PolicyName", policy))
    return replace(_DEFAULTS, contract=cast("Contract", contract), commit=commit, hop_sec=hop)


def _scored(
    client: StreamClient, recordings: Sequence[StreamedRecording], name: str, *, quiet: bool
) -> StreamScores:
    """Stream recordings and score them."""
    scores = StreamScores()
    for number, recording in enumerate(recordings, 1):
        segments = client.segments(recording.samples)
        scores.add(segments, recording.text, recording.spoken)
        for segment in segments:
            offline = client.offline(recording.samples, segment)
            scores.compare(segment.final.text, offline)
            if segment.final.text != offline:
                say(f"{name} {number}: live {segment.final.text!r}, offline {offline!r}", quiet=quiet)
    return scores


def _less_work(
    client: StreamClient,
    client_1s: StreamClient,
    pauses: Sequence[StreamedRecording],
    continuous: Sequence[StreamedRecording],
) -> dict[str, float]:
    """Return how many times more the official scheme computes, and print it by frames and tokens."""
    ratios = {
        "less_pauses": less_work(client, pauses),
        "less_continuous": less_work(client, continuous),
        "less_continuous_1s": less_work(client_1s, continuous),
    }
    listed = [(f"{name}_{part}", getattr(ratio, part)) for name, ratio in ratios.items() for part in _PARTS]
    emit("work: " + _line(dict(listed)))
    return {name: ratio.smaller for name, ratio in ratios.items()}


def _line(figures: Mapping[str, float]) -> str:
    return " ".join(f"{name}={value:.2f}" for name, value in figures.items())
