"""`edge-asr bench-stream`: how soon live text comes, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge_bench.speed.environment import read_environment
from edge_bench.speed.stream.measure import figures_of, finals_of, stream_paced
from edge_bench.speed.stream.recording import joined
from edge_bench.speed.stream.report import StreamBenchOptions, StreamReport
from edge_bench.speed.stream.streamer import Streamer
from edge_bench.speed.stream.table import table
from edge_runtime.arrays import Waveform
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.terminal import emit, say, verify_progress
from edge_runtime.errors import UsageError
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import EngineInfo
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.verification.load import open_checked
from edge_runtime.version import VERSION

_PACKETS_MS = (1, 1000)


def bench_stream(
    audio: Annotated[
        list[Path], typer.Argument(metavar="AUDIO", help="Recordings; several follow each other.")
    ],
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", min=1, help="Length; recordings are repeated. [default: each once]"),
    ] = None,
    pauses: Annotated[
        tuple[float, float],
        typer.Option("--pauses", help="Shortest and longest pause behind a recording, in seconds."),
    ] = (0.3, 3.0),
    model: options.Model = None,
    texts_of: Annotated[
        Path | None,
        typer.Option(
            "--texts-of",
            metavar="BUNDLE",
            help="Plant the texts of this bundle: for random weights, whose own never end.",
        ),
    ] = None,
    hop: Annotated[str, typer.Option("--hop", help="Seconds between hypotheses, or auto.")] = "0.5",
    packet_ms: Annotated[
        int, typer.Option("--packet-ms", min=_PACKETS_MS[0], max=_PACKETS_MS[1], help="Of the client.")
    ] = 100,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    language: options.Language = "auto",
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Also write the JSON to a file.")
    ] = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Send recordings at the speed of speech, and measure when which text comes."""
    asked = StreamBenchOptions(
        audio=tuple(map(str, audio)),
        pauses=pauses,
        hop_sec=_hop(hop),
        packet_s=packet_ms / 1000,
        device=device,
        threads=threads,
        language=None if language.strip() in ("", "auto") else language,
        texts_of=None if texts_of is None else str(texts_of),
    )
    samples = joined(audio, seconds, pauses)
    streamer = _load(choose_bundle(model, "asr"), asked, samples, quiet=quiet)
    report = _measure(streamer, asked, samples)
    if save is not None:
        save.write_bytes(msgspec.json.format(report.to_json().encode(), indent=2) + b"\n")
    emit(report.to_json() if as_json else table(report))


def _hop(text: str) -> float | None:
    """Return seconds, None for `auto`."""
    try:
        return None if text == "auto" else float(text)
    except ValueError as error:
        raise UsageError(f"--hop {text!r}: give seconds, or auto.") from error


def _load(model: Path, asked: StreamBenchOptions, samples: Waveform, *, quiet: bool) -> Streamer:
    """Load the bundle; where another's texts are planted, have that one hear the recording before."""
    stream_options = StreamOptions(language=asked.language, hop_sec=asked.hop_sec)
    progress = verify_progress(quiet=quiet)
    checked = open_checked(model, asked.device, asked.threads, progress)
    if asked.texts_of is None:
        return Streamer(Recognizer(checked.bundle, checked.options), stream_options)
    say(f"{asked.texts_of} hears the recording.", quiet=quiet)
    hop_sec = asked.hop_sec or StreamOptions().hop_sec
    with Recognizer.load(choose_bundle(Path(asked.texts_of), "asr"), threads=asked.threads) as hearing:
        texts = Streamer(hearing, StreamOptions(language=asked.language, hop_sec=hop_sec)).hear(samples)
    return Streamer.planted(checked.bundle, checked.options, stream_options, texts)


def _measure(streamer: Streamer, asked: StreamBenchOptions, samples: Waveform) -> StreamReport:
    streamed = stream_paced(streamer, samples, asked.packet_s)
    finals = finals_of(streamed, streamer, samples)
    return StreamReport(
        asked=asked,
        engine=EngineInfo.of(streamer.recognizer.bundle),
        audio_s=streamed.audio_s,
        figures=figures_of(streamed, finals, streamer.options.endpoint),
        finals=finals,
        client_late_s=streamed.sent.latest_s,
        loaded_bytes=streamed.loaded_bytes,
        peak_bytes=streamed.peak_bytes,
        stats=streamed.stats,
        environment=read_environment(),
        runtime_version=VERSION,
    )
