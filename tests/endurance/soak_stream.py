"""Stream hours of speech in one process, as fast as it is taken, and watch its memory.

    python -m tests.endurance.soak_stream RECOGNIZER --minutes 120

Each minute ends in silence, so that what is compared is the same state. The last line has the figures; the
exit code is 1 where memory grows by more than `--max-slope`, or where threads or open files were added.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from edge_runtime import Recognizer
from edge_runtime.arrays import Waveform
from edge_runtime.streaming.events import StreamEvent
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.stream import Stream
from tests.endurance.recordings import RATE, joined, waveforms
from tests.endurance.soak import Reading, read_process, slope

PACKET: Final = RATE // 10
SPEECH_S: Final = (1.0, 28.0)
"""Shortest and longest speech between two pauses; the longest is cut for its length."""
PAUSE_S: Final = (0.2, 3.0)
END_S: Final = 1.0
SEED: Final = 7


def minute_of_speech(random: np.random.Generator, clips: list[Waveform]) -> Waveform:
    """Return a minute of clips with pauses, and silence at its end."""
    parts: list[Waveform] = []
    left = round((60 - END_S) * RATE)
    while left > 0:
        speech = joined(random, clips, float(random.uniform(*SPEECH_S)))
        pause = np.zeros(round(random.uniform(*PAUSE_S) * RATE), np.float32)
        parts.append(np.concatenate([speech, pause])[:left])
        left -= len(parts[-1])
    return np.concatenate([*parts, np.zeros(round(END_S * RATE), np.float32)])


def read_minutes(stream: Stream, minutes: int, taken: Callable[[StreamEvent], object]) -> Iterator[Reading]:
    """Stream minutes and yield what the process holds after each; `taken` is called with each event."""
    random, clips = np.random.default_rng(SEED), waveforms()
    for minute in range(1, minutes + 1):
        samples = minute_of_speech(random, clips)
        for start in range(0, len(samples), PACKET):
            stream.feed(samples[start : start + PACKET], RATE)
            for event in stream.events():
                taken(event)
        del samples
        yield read_process(minute)


def faults(readings: Sequence[Reading], max_slope: float) -> list[str]:
    """Return what grew: memory in MB an hour, threads, open files."""
    first, last = readings[0], readings[-1]
    hourly = slope_per_hour(readings)
    growth = [f"memory grows by {hourly:.2f} MB an hour"] if hourly > max_slope else []
    if last.threads > first.threads:
        growth.append(f"{last.threads - first.threads} threads were added")
    if last.descriptors > first.descriptors:
        growth.append(f"{last.descriptors - first.descriptors} files were left open")
    return growth


def slope_per_hour(readings: Sequence[Reading]) -> float:
    """Return the growth of memory in MB an hour; a reading's calls are minutes."""
    return slope(list(readings)) * 60 / 1000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recognizer", type=Path)
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument("--warm-up", type=int, default=60, help="minutes before the slope is measured")
    parser.add_argument("--max-slope", type=float, default=0.25, help="MB an hour")
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    arguments = _arguments()
    readings = []
    with Recognizer.load(arguments.recognizer) as recognizer, recognizer.stream(StreamOptions()) as stream:
        for reading in read_minutes(stream, arguments.minutes, lambda _: None):
            readings.append(reading)
            if reading.calls % 10 == 0:
                sys.stderr.write(f"minute {reading.calls}: {reading.resident_mb:.2f} MB\n")
        segments = stream.stats.segments
    after = [reading for reading in readings if reading.calls > arguments.warm_up]
    first, last = after[0], after[-1]
    growth = faults(after, arguments.max_slope)
    sys.stdout.write(
        f"soak-stream: minutes={arguments.minutes} segments={segments} warm_up={arguments.warm_up} "
        f"resident_mb={first.resident_mb:.2f}..{last.resident_mb:.2f} "
        f"highest_mb={max(reading.resident_mb for reading in after):.2f} "
        f"slope_mb_per_hour={slope_per_hour(after):.3f} "
        f"files={first.descriptors}..{last.descriptors} threads={first.threads}..{last.threads}\n"
    )
    sys.exit("; ".join(growth) or None)


if __name__ == "__main__":
    main()
