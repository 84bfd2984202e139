"""Run two bundles on one list, one after the other, so that only one is in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from edge_bench.corpus import Clip, SpeechClip
from edge_bench.gate.corpus import GateList
from edge_runtime.bundle.bundle import Bundle

AnyClip = TypeVar("AnyClip", Clip, SpeechClip)
Heard = TypeVar("Heard")


_NUM_REPORTS: Final = 20
"""Lines of progress for each bundle."""


@dataclass(frozen=True, slots=True)
class Pair(Generic[Heard]):
    """What each bundle made of the clips, in their order."""

    reference: tuple[Heard, ...]
    candidate: tuple[Heard, ...]


def run_both(
    run_bundle: Callable[[Path, Path, Sequence[AnyClip], RunOptions], tuple[Heard, ...]],
    gate_list: GateList[AnyClip],
    candidate: Bundle,
    reference: Bundle,
    run_options: RunOptions,
    on_line: Callable[[str], None],
) -> Pair[Heard]:
    """Run both bundles, the reference first.

    Args:
        run_bundle: runs one: its folder, the folder of the clips, the clips, and how.
        gate_list: the list.
        candidate: runs as `run_options` says.
        reference: always runs where it was built for.
        run_options: device and threads.
        on_line: told how far it is, twenty times for each.
    """

    def run_role(role: str, bundle: Bundle, device: str) -> tuple[Heard, ...]:
        on_clip = progress_reporter(role, len(gate_list.clips), on_line)
        options = RunOptions(device, run_options.threads, on_clip)
        return run_bundle(bundle.directory, gate_list.directory, gate_list.clips, options)

    old = run_role("reference", reference, "auto")
    return Pair(old, run_role("candidate", candidate, run_options.device))


def progress_reporter(role: str, num_clips: int, on_line: Callable[[str], None]) -> Callable[[int], None]:
    """Return what is to be told the number of clips done.

    Args:
        role: of the bundle that hears them.
        num_clips: of the list.
        on_line: gets some twenty lines.
    """
    step = max(1, num_clips // _NUM_REPORTS)

    def on_clip(done: int) -> None:
        if done % step == 0 or done == num_clips:
            on_line(f"gate: {role} {done}/{num_clips}")

    return on_clip


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a bundle is run.

    Attributes:
        device: "auto", "cpu" or "cuda".
        threads: CPU threads, 0 for one on each fast core.
        on_clip: told the number of clips done.
    """

    device: str = "auto"
    threads: int = 0
    on_clip: Callable[[int], None] | None = None
