"""When words of live text become stable: the figures of one bundle."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from edge_bench.corpus import SpeechClip, read_list
from edge_bench.gate.measured import Measured
from edge_bench.gate.run_list import RunOptions
from edge_bench.scoring.stream.client import StreamClient
from edge_bench.scoring.stream.commit_search import Trial, search
from edge_bench.scoring.stream.recordings import alone
from edge_bench.scoring.stream.remembering import RememberingRecognizer
from edge_bench.scoring.stream.scores import StreamScores
from edge_runtime.bundle.specs import CommitSpec
from edge_runtime.errors import UsageError
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.options import StreamOptions

_SEED: Final = 0
_MIN_CLIPS: Final = 100


def measure_commit(
    bundle: Path, corpus: Path, options: RunOptions, num_clips: int, on_line: Callable[[str], None]
) -> Measured:
    """Stream clips of a list one by one, and find the figures that suit the bundle.

    Args:
        bundle: that transcribes.
        corpus: list of recordings.
        options: device and threads.
        num_clips: most clips to stream, chosen by chance.
        on_line: called with a line for each set of figures.

    Raises:
        UsageError: the list has too few clips with speech.
        EdgeAsrError: the bundle cannot be loaded, or a clip cannot be used.
    """
    spoken = [clip for clip in read_list(corpus, SpeechClip) if clip.text]
    if len(spoken) < _MIN_CLIPS:
        raise UsageError(
            f"{corpus}: {len(spoken)} clips with speech; {_MIN_CLIPS} can tell. Give a longer list."
        )
    chosen = random.Random(_SEED).sample(spoken, min(num_clips, len(spoken)))  # noqa: S311  # reproducible
    recordings = [alone(clip, corpus.parent) for clip in chosen]
    recognizer = RememberingRecognizer.load(bundle, device=options.device, threads=options.threads)
    assert isinstance(recognizer, RememberingRecognizer), "load makes one of its class"

    def run(spec: CommitSpec) -> Trial:
        commit = CommitOptions(**msgspec.structs.asdict(spec))
        client = StreamClient(recognizer, replace(StreamOptions(), commit=commit), _SEED)
        scores = StreamScores()
        for recording in recordings:
            scores.add(client.segments(recording.samples), recording.text, recording.spoken)
        trial = Trial.of(spec, scores)
        on_line(_described(trial))
        return trial

    return Measured(commit=search(run).spec)


def _described(trial: Trial) -> str:
    figures = " ".join(f"{name}={value:g}" for name, value in msgspec.structs.asdict(trial.spec).items())
    return (
        f"{figures}: taken_back={trial.taken_back:.2f} rewrite={trial.rewrite:.2f} "
        f"latency_s={trial.latency_s:.2f} first_s={trial.first_s:.2f}"
    )
