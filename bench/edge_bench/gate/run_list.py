"""Run one bundle on a list; its memory is free again before another bundle is loaded."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from edge_bench.corpus import Entry
from edge_bench.gate.corpus import GateList

Output = TypeVar("Output")

_NUM_REPORTS: Final = 20
"""Lines of progress for each bundle."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a bundle is run.

    Attributes:
        device: "auto", "cpu", "cuda" or "cuda:1".
        threads: CPU threads, 0 for one on each fast core.
    """

    device: str = "auto"
    threads: int = 0


RunClip = Callable[[Path, Entry], Output]
"""Runs a loaded bundle on one clip: the path of its recording, and its entry in the list."""

LoadBundle = Callable[[Path, RunOptions], RunClip[Entry, Output]]
"""Loads the bundle in a folder."""


def run_list(
    load: LoadBundle[Entry, Output],
    bundle: Path,
    gate_list: GateList[Entry],
    options: RunOptions,
    on_clip: Callable[[int], None] | None = None,
) -> tuple[Output, ...]:
    """Run a bundle on every clip, and free its memory.

    Args:
        load: loads the bundle.
        bundle: its folder.
        gate_list: the clips.
        options: device and threads.
        on_clip: called after each clip with the number of clips done.

    Raises:
        EdgeAsrError: the bundle cannot be loaded, or a clip cannot be used.
    """
    run_clip = load(bundle, options)
    outputs = []
    for clip in gate_list.clips:
        outputs.append(run_clip(gate_list.directory / clip.audio, clip))
        if on_clip:
            on_clip(len(outputs))
    del run_clip
    gc.collect()  # sessions may sit in reference cycles, and the next bundle needs their memory
    return tuple(outputs)


def progress_reporter(role: str, num_clips: int, on_line: Callable[[str], None]) -> Callable[[int], None]:
    """Return a function that turns the number of clips done into lines of progress.

    Args:
        role: of the bundle that runs.
        num_clips: of the list.
        on_line: called with some twenty lines.
    """
    step = max(1, num_clips // _NUM_REPORTS)

    def on_clip(done: int) -> None:
        if done % step == 0 or done == num_clips:
            on_line(f"{role} {done}/{num_clips}")

    return on_clip
