"""A list of recordings as one bundle hears it, which is out of memory again before another one is loaded."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path

from edge_bench.corpus import Clip
from edge_bench.gate.run_both import RunOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript


def transcribe_list(
    bundle: Path, directory: Path, clips: Sequence[Clip], options: RunOptions
) -> tuple[Transcript, ...]:
    """Transcribe every clip and let go of the bundle.

    Args:
        bundle: the bundle's folder.
        directory: the folder of the list, which the clips' paths are relative to.
        clips: the list.
        options: device, threads and whom to tell.

    Raises:
        EdgeAsrError: the bundle cannot be loaded, or a clip cannot be used.
    """
    recognizer = Recognizer.load(bundle, device=options.device, threads=options.threads)
    transcripts = []
    for clip in clips:
        transcripts.append(recognizer.transcribe(directory / clip.audio))
        if options.on_clip:
            options.on_clip(len(transcripts))
    del recognizer
    gc.collect()
    return tuple(transcripts)
