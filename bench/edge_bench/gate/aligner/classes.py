"""A list of recordings as one aligner hears it, which is out of memory again before another one is loaded."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_bench.corpus import SpeechClip
from edge_bench.gate.run_both import RunOptions
from edge_bench.scoring.alignment import compare
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Milliseconds


@dataclass(frozen=True, slots=True)
class ClipClasses:
    """One recording.

    Attributes:
        class_ids: of each slot, as the model names them in one pass.
        shifts_ms: of the times that `edge-asr align` gives, start and end of every unit, from the true ones;
            empty where these are not known.
    """

    class_ids: tuple[int, ...]
    shifts_ms: tuple[Milliseconds, ...] = ()


def classify_list(
    bundle: Path, directory: Path, clips: Sequence[SpeechClip], options: RunOptions
) -> tuple[ClipClasses, ...]:
    """Align every clip and let go of the bundle.

    Args:
        bundle: the bundle's folder.
        directory: the folder of the list, which the clips' paths are relative to.
        clips: the list; somebody speaks in each.
        options: device, threads and whom to tell.

    Raises:
        EdgeAsrError: the bundle cannot be loaded, or a clip cannot be used.
    """
    aligner = Aligner.load(bundle, device=options.device, threads=options.threads)
    results = []
    for clip in clips:
        results.append(_classes(aligner, directory / clip.audio, clip))
        if options.on_clip:
            options.on_clip(len(results))
    del aligner
    gc.collect()
    return tuple(results)


def _classes(aligner: Aligner, audio: Path, clip: SpeechClip) -> ClipClasses:
    class_ids = tuple(map(int, aligner.classify(audio, clip.text, clip.language).class_ids))
    if not clip.units:
        return ClipClasses(class_ids)
    scored = compare(aligner.align(audio, clip.text, clip.language), clip.text, clip.units)
    return ClipClasses(class_ids, (*scored.start_shifts, *scored.end_shifts))
