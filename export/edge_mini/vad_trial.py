"""Try a bundle's voice activity detector on joined clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from edge_mini.timed_speech import Span, TimedSpeech
from edge_mini.vad_scene import Scene, join, quiet_behind_loud, read_timed
from edge_mini.vad_scores import VadScores, score
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.errors import BundleError
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.silero import SileroVad
from edge_runtime.vad.timestamps import speech_timestamps

Detect = Callable[[Scene], Sequence[Span]]
_PAIRS = 20


@dataclass(frozen=True, slots=True)
class TrialScores:
    """Means over the seeds, in percent; see `VadScores`.

    Attributes:
        late: of clips.
        missed: of words.
        false: of frames far from words.
        quiet: of clips 26 dB below the one before, those found within half a second.
    """

    late: float
    missed: float
    false: float
    quiet: float


def run_trial(heldout_dir: Path, bundle: Path, snr_db: float, seeds: int) -> TrialScores:
    """Score the detector of a bundle.

    Raises:
        BundleError: it has none.
    """
    vad = SileroVad.of(open_bundle(bundle))
    if vad is None:
        raise BundleError(f"{bundle}: has no voice activity detector. Build it anew.")
    clips, detect = read_timed(heldout_dir), detector(vad)
    joined = [_scores(clips, detect, snr_db, seed) for seed in range(seeds)]
    late, missed, false = (
        float(np.mean([getattr(each, name) for each in joined])) for name in ("late", "missed", "false")
    )
    behind = [each.late for each in _quiet(clips, detect)]
    return TrialScores(late, missed, false, quiet=100 - float(np.mean(behind)))


def detector(vad: SileroVad) -> Detect:
    """Return the detector with its default options."""

    def detect(scene: Scene) -> list[Span]:
        detected = speech_timestamps(vad.probabilities(scene.samples), scene.samples.size, VadOptions())
        return [Span(span.start, span.end) for span in detected]

    return detect


def _scores(clips: Sequence[TimedSpeech], detect: Detect, snr_db: float, seed: int) -> VadScores:
    rng = np.random.default_rng(seed)
    scene = join(rng, [clips[index] for index in rng.permutation(len(clips))], snr_db)
    return score(scene, detect(scene))


def _quiet(clips: Sequence[TimedSpeech], detect: Detect) -> Iterator[VadScores]:
    """Yield the scores of the quiet clip alone."""
    rng = np.random.default_rng(0)
    for loud, quiet in pairwise(clips[: _PAIRS + 1]):
        scene = quiet_behind_loud(rng, loud, quiet)
        yield score(Scene(scene.samples, scene.clips[1:]), detect(scene))
