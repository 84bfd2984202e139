"""The classes that an aligner predicts in a recording."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge_bench.corpus import SpeechClip
from edge_bench.gate.run_list import RunClip, RunOptions
from edge_bench.scoring.alignment import compare
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Milliseconds
from edge_runtime.results.words import Word


@dataclass(frozen=True, slots=True)
class ClipClasses:
    """One recording.

    Attributes:
        class_ids: of each timestamp slot, as one pass of the model predicts them.
        shifts_ms: distances between the times of `edge-asr align` and the true ones, for starts and ends of
            all units; empty where the true times are not known.
        words: as `edge-asr align` times them.
    """

    class_ids: tuple[int, ...]
    shifts_ms: tuple[Milliseconds, ...] = ()
    words: tuple[Word, ...] = ()


def load_aligner(bundle: Path, options: RunOptions) -> RunClip[SpeechClip, ClipClasses]:
    """Load an aligner, which then runs on clips in which somebody speaks.

    Raises:
        EdgeAsrError: the bundle cannot be loaded.
    """
    return partial(_classes, Aligner.load(bundle, device=options.device, threads=options.threads))


def _classes(aligner: Aligner, audio: Path, clip: SpeechClip) -> ClipClasses:
    class_ids = tuple(map(int, aligner.classify(audio, clip.text, clip.language).class_ids))
    alignment = aligner.align(audio, clip.text, clip.language)
    if not clip.units:
        return ClipClasses(class_ids, words=alignment.words)
    scored = compare(alignment, clip.text, clip.units)
    return ClipClasses(class_ids, (*scored.start_shifts, *scored.end_shifts), alignment.words)
