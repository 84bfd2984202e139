"""`edge-asr eval-align`: align a corpus with known times and score it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, TypeVar

import numpy as np
import typer

from edge_bench.corpus import AlignedClip, read_list
from edge_bench.scoring.alignment import ScoredAlignment, compare, drift_ms, score_alignments
from edge_bench.scoring.bars import parse_bars, require_cleared
from edge_bench.scoring.joined_recording import LoadedClip, join_clips
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Milliseconds, Seconds
from edge_runtime.audio.load import Audio, load_audio
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.failures import Tally
from edge_runtime.cli.process.streams import results_go_to_a_terminal
from edge_runtime.cli.terminal import emit, verify_progress

Shown = TypeVar("Shown")
SAMPLE_RATE: Final = 16_000
_LONGEST_CLIP_S: Final = 1_200.0


def evaluate_alignment(
    corpus: Annotated[
        Path, typer.Argument(metavar="LIST", help="JSON lines with id, audio, text, language, units.")
    ],
    model: options.Model = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    lead: Annotated[
        float, typer.Option("--lead", help="Also align with so many seconds of silence in front: lead_ms.")
    ] = 0.0,
    joined: Annotated[
        float,
        typer.Option("--joined", help="Also join clips to recordings of so many seconds: drift_ms."),
    ] = 0.0,
    bar: Annotated[
        list[str] | None,
        typer.Option("--bar", metavar="NAME=VALUE", help="Exit with 8 if missed, e.g. aas_ms=40."),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Align a list of recordings with known times; print by how many milliseconds they are missed."""
    bars = parse_bars(bar or ())
    clips = read_list(corpus, AlignedClip)
    progress = verify_progress(quiet=quiet)
    aligner = Aligner.load(choose_bundle(model, "aligner"), device=device, threads=threads, progress=progress)
    tally, recordings, results = Tally(), [], []
    for clip in _shown(clips):
        path = corpus.parent / clip.audio
        with tally.counted(str(path)):
            recording = clip, _load(path)
            results.append(_score(aligner, *recording))
            recordings.append(recording)
    if not recordings:
        tally.require_all("There is nothing to score.")
    scores = score_alignments(results)
    metrics = scores.metrics()
    if lead:
        metrics["lead_ms"] = max(_lead_ms(aligner, *one, lead) for one in _shown(recordings))
        emit(f"lead: {lead:g} s of silence in front, worst move off by lead_ms={metrics['lead_ms']:.2f}")
    if joined:
        # The absolute value: a negative drift means that times are worse at the start of the recording.
        metrics["drift_ms"] = max(abs(drift) for drift in _drifts(aligner, recordings, joined))
    emit(scores.summary())
    tally.require_all("The scores are those of the others, and no bar is checked.")
    require_cleared(bars, metrics)


def _load(path: Path) -> Audio:
    return load_audio(path, SAMPLE_RATE, _LONGEST_CLIP_S)


def _score(aligner: Aligner, clip: AlignedClip, audio: Audio) -> ScoredAlignment:
    return compare(aligner.align(audio, clip.text, clip.language), clip.text, clip.units)


def _lead_ms(aligner: Aligner, clip: AlignedClip, audio: Audio, lead: Seconds) -> Milliseconds:
    """Return the largest error of a time against its shifted value, with silence in front."""
    aligned = aligner.align(audio, clip.text, clip.language)
    later = replace(audio, waveform=np.pad(audio.waveform, (round(lead * audio.sample_rate), 0)))
    aligned_later = aligner.align(later, clip.text, clip.language)
    pairs = zip(aligned.words, aligned_later.words, strict=True)
    times = ((before, after) for a, b in pairs for before, after in ((a.start, b.start), (a.end, b.end)))
    return max(1000 * abs(after - before - lead) for before, after in times)


def _drifts(
    aligner: Aligner, recordings: Sequence[LoadedClip], duration_s: Seconds
) -> Iterator[Milliseconds]:
    """Align one long recording of each language; yield the drift between its first and its last minute."""
    for language in sorted({clip.language for clip, _ in recordings}):
        long = join_clips([one for one in recordings if one[0].language == language], duration_s)
        aligned = aligner.align(long.waveform, long.text, language, sample_rate=SAMPLE_RATE)
        result = compare(aligned, long.text, long.units)
        drift = drift_ms(result, long.num_edge_units)
        scores = score_alignments([result])
        emit(
            f"joined: {language} {aligned.duration_s:.0f} s, {len(long.units)} units, "
            f"aas_ms={scores.aas_ms:.2f} drift_ms={drift:+.2f}"
        )
        yield drift


def _shown(recordings: Sequence[Shown]) -> Iterator[Shown]:
    """Yield all recordings, and show progress on a terminal."""
    for done, recording in enumerate(recordings, 1):
        yield recording
        if sys.stderr.isatty() and not results_go_to_a_terminal():
            print(f"{done}/{len(recordings)}", end="\r" if done < len(recordings) else "\n", file=sys.stderr)
