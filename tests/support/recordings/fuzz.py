"""Mutated recordings and containers, bombs and tricks: `python -m tests.support.recordings.fuzz`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_runtime.audio.options import LoadOptions
from tests.support.recordings import bombs, formats
from tests.support.recordings.fuzz_worker import measured
from tests.support.recordings.tricks import tricks
from tests.support.recordings.workshop import Workshop

_SILENT_S: Final = 60
"""A worker that says nothing for so long hangs."""
_MAX_CPU_S: Final = 2.0
_MAX_MB: Final = 64
_MAX_RATIO: Final = 3
_BATCH: Final = 500


@dataclass
class Tally:
    """What became of all files of a kind."""

    kind: str
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    largest_mb: float = 0.0

    def take(self, name: object, record: dict[str, Any], *, may_take_long: bool = False) -> None:
        """Judge one file."""
        outcome = record["outcome"]
        self.outcomes[outcome if outcome in {"taken", "refused"} else "untyped"] += 1
        excess_mb = record["memory_mb"] - _MAX_RATIO * record["real_mb"]
        self.longest_s = max(self.longest_s, record["cpu_s"])
        self.largest_mb = max(self.largest_mb, excess_mb)
        if outcome not in {"taken", "refused"}:
            self.faults.append(f"{name}: {outcome}")
        if record["cpu_s"] > _MAX_CPU_S and not may_take_long:
            self.faults.append(f"{name}: {record['cpu_s']:.1f} s")
        if excess_mb > _MAX_MB:
            self.faults.append(f"{name}: {record['memory_mb']:.0f} MB for {record['real_mb']:.0f} MB")

    def lines(self) -> Iterator[str]:
        """Yield the figures and up to twenty faults."""
        shares = " ".join(f"{name}={count}" for name, count in sorted(self.outcomes.items()))
        yield (
            f"{self.kind}: {shares} faults={len(self.faults)} longest={self.longest_s:.2f} s "
            f"memory={self.largest_mb:.1f} MB beyond three times the samples"
        )
        yield from self.faults[:20]


def _run_mutants(kind: str, folder: Path, count: int) -> Tally:
    tally = Tally(kind)
    for first in range(0, count, _BATCH):
        _run_batch(tally, folder, first, min(_BATCH, count - first))
    return tally


def _run_batch(tally: Tally, folder: Path, first: int, count: int) -> None:
    """Run one worker; where it dies, a new one goes on behind the file that killed it."""
    stop = first + count
    while first < stop:
        command = [sys.executable, "-m", "tests.support.recordings.fuzz_worker", str(folder), str(first),
                   str(stop - first)]  # fmt: skip
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        done = first
        try:
            out, said = worker.communicate(timeout=_SILENT_S * 10)
        except subprocess.TimeoutExpired:
            worker.kill()
            out, said = worker.communicate()
            tally.faults.append("a worker hangs")
        for line in out.splitlines():
            if not line.startswith("{"):
                tally.faults.append(f"on stdout: {line[:80]!r}")
                continue
            record = json.loads(line)
            tally.take(record["number"], record)
            done = record["number"] + 1
        if said:
            tally.faults.append(f"on stderr, {first} to {done}: {said.splitlines()[0][:120]!r}")
        if worker.returncode:
            tally.faults.append(f"{done}: the worker ended with {worker.returncode}")
            done += 1
        first = max(done, first + 1)


def _run_tricks(folder: Path) -> Tally:
    tally = Tally("tricks")
    other = Workshop(folder).sound("other.wav")
    os.utime(other, ns=(0, other.stat().st_mtime_ns))
    for name, content in tricks(other):
        path = folder / name
        path.write_bytes(content)
        tally.take(name, measured(path, LoadOptions(salvage=True)))
        if other.stat().st_atime_ns:
            tally.faults.append(f"{name}: the other file was opened")
            os.utime(other, ns=(0, other.stat().st_mtime_ns))
    return tally


def _run_bombs(folder: Path, *, large: bool) -> Tally:
    tally = Tally("bombs")
    for name, path in bombs.bombs(Workshop(folder), large=large):
        # Twenty minutes of eight channels take their time; what is refused does not.
        tally.take(name, measured(path, LoadOptions()), may_take_long="silence" in name)
    return tally


def _seeds(folder: Path, *, containers: bool) -> Path:
    """Make whole recordings in a folder of their own; return the folder around it."""
    (folder / "seeds").mkdir(parents=True)
    for case in formats.cases(Workshop(folder)):
        by_ffmpeg = case.group in {"ffmpeg", "telephone"} and not case.name.endswith((".mp3", ".mp2"))
        if by_ffmpeg == containers and case.group not in {"name", "rate"}:
            shutil.copy(case.path, folder / "seeds" / f"{case.group} {case.name}")
    return folder


def main() -> int:
    """Run all of it; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=1000, help="recordings for libsndfile, mutated")
    parser.add_argument("--containers", type=int, default=30, help="containers for ffmpeg, mutated")
    parser.add_argument("--large-bombs", action="store_true", help="also those that take half a minute each")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tricks").mkdir()
        (folder / "bombs").mkdir()
        runs: list[Callable[[], Tally]] = [
            lambda: _run_tricks(folder / "tricks"),
            lambda: _run_bombs(folder / "bombs", large=arguments.large_bombs),
            lambda: _run_mutants("mutants", _seeds(folder / "sound", containers=False), arguments.mutants),
            lambda: _run_mutants(
                "containers", _seeds(folder / "media", containers=True), arguments.containers
            ),
        ]
        tallies = []
        for run in runs:
            tallies.append(run())
            _say(tallies[-1].lines())
    num_files = sum(tally.outcomes.total() for tally in tallies)
    num_faults = sum(len(tally.faults) for tally in tallies)
    _say([f"fuzz: files={num_files} faults={num_faults}"])
    return int(num_faults > 0)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
