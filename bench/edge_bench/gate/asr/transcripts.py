"""A list of recordings as one bundle hears it, which is out of memory again before another one is loaded."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_bench.corpus import Clip
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Listening:
    """How a bundle is run.

    Attributes:
        device: "auto", "cpu" or "cuda".
        threads: CPU threads, 0 for one on each fast core.
        on_clip: told the number of clips done.
    """

    device: str = "auto"
    threads: int = 0
    on_clip: Callable[[int], None] | None = None


def transcribe_list(
    bundle: Path, directory: Path, clips: Sequence[Clip], how: Listening
) -> tuple[Transcript, ...]:
    """Transcribe every clip and let go of the bundle.

    Args:
        bundle: the bundle's folder.
        directory: the folder of the list, which the clips' paths are relative to.
        clips: the list.
        how: device, threads and whom to tell.

    Raises:
        EdgeAsrError: the bundle cannot be loaded, or a clip cannot be used.
    """
    recognizer = Recognizer.load(bundle, device=how.device, threads=how.threads)
    found = []
    for clip in clips:
        found.append(recognizer.transcribe(directory / clip.audio))
        if how.on_clip:
            how.on_clip(len(found))
    del recognizer
    gc.collect()
    return tuple(found)
