"""Call a recognizer and an aligner thousands of times in one process, and watch its memory.

    python -m tests.endurance.soak RECOGNIZER ALIGNER --transcriptions 2000 --alignments 500

Every few calls the memory is read, after one and the same short call, so that what is compared is the same
state. The last line has the figures; the exit code is 1 where memory grows by more than `--max-slope`.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import threading
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from edge_runtime import Aligner, Recognizer
from tests.endurance.recordings import RATE, joined, joined_texts, lengths, spoken_texts, waveforms

MEGABYTE = 1 << 20
CALLS_PER_READING = 10
SEED = 7


@dataclass(frozen=True)
class Reading:
    """What the process holds after some calls."""

    calls: int
    resident_mb: float
    descriptors: int
    threads: int


def read_process(calls: int) -> Reading:
    """Read resident memory, open files and threads of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    resident = pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
    return Reading(calls, resident, len(os.listdir("/proc/self/fd")), threading.active_count())  # noqa: PTH208


def soak(recognizer: Recognizer, aligner: Aligner, transcriptions: int, alignments: int) -> list[Reading]:
    """Make the calls, those of the aligner spread among the others; return what was read on the way."""
    random = np.random.default_rng(SEED)
    clips, spoken = waveforms(), spoken_texts()
    total = transcriptions + alignments
    is_alignment = np.diff(np.arange(total + 1) * alignments // total).astype(bool)
    readings = []
    for number, length_s in enumerate(islice(lengths(random), total)):
        if is_alignment[number]:
            waveform, text = joined_texts(random, spoken, length_s)
            aligner.align((waveform, RATE), text, "en")
        else:
            recognizer.transcribe((joined(random, clips, length_s), RATE))
        if (number + 1) % CALLS_PER_READING == 0:
            recognizer.transcribe((clips[0], RATE))
            readings.append(read_process(number + 1))
            _show(readings[-1], total)
    return readings


def slope(readings: list[Reading]) -> float:
    """Return the growth of memory in MB per 1,000 calls, as the median over all pairs (Theil and Sen)."""
    calls = np.array([reading.calls for reading in readings]) / 1000
    resident = np.array([reading.resident_mb for reading in readings])
    first, second = np.triu_indices(len(readings), 1)
    return float(np.median((resident[second] - resident[first]) / (calls[second] - calls[first])))


def _show(reading: Reading, total: int) -> None:
    if reading.calls % 100 == 0:
        sys.stderr.write(f"{reading.calls} of {total} calls: {reading.resident_mb:.1f} MB\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recognizer", type=Path)
    parser.add_argument("aligner", type=Path)
    parser.add_argument("--transcriptions", type=int, default=2000)
    parser.add_argument("--alignments", type=int, default=500)
    parser.add_argument("--warm-up", type=int, default=500, help="calls before the slope is measured")
    parser.add_argument("--max-slope", type=float, default=0.25, help="MB per 1,000 calls")
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    arguments = _arguments()
    with Recognizer.load(arguments.recognizer) as recognizer, Aligner.load(arguments.aligner) as aligner:
        readings = soak(recognizer, aligner, arguments.transcriptions, arguments.alignments)
    after = [reading for reading in readings if reading.calls > arguments.warm_up]
    growth = slope(after)
    first, last = after[0], after[-1]
    sys.stdout.write(
        f"soak: transcriptions={arguments.transcriptions} alignments={arguments.alignments} "
        f"warm_up={arguments.warm_up} resident_mb={first.resident_mb:.1f}..{last.resident_mb:.1f} "
        f"highest_mb={max(reading.resident_mb for reading in after):.1f} slope_mb_per_1000={growth:.3f} "
        f"files={first.descriptors}..{last.descriptors} threads={first.threads}..{last.threads}\n"
    )
    sys.exit(growth > arguments.max_slope)


if __name__ == "__main__":
    main()
