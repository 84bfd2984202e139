"""Load mutated recordings one after the other, and say of each what became of it, one line of JSON each."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Final

from edge_runtime.audio.load import load_audio
from edge_runtime.audio.options import LoadOptions
from edge_runtime.errors import AudioError
from tests.support.recordings.mutants import mutant
from tests.support.recordings.workshop import RATE

_MAX_AUDIO_S: Final = 1200.0


def _memory_kb(field: str) -> int:
    status = Path("/proc/self/status").read_text("ascii", "replace")
    match = re.search(rf"{field}:\s*(\d+)", status)
    return int(match[1]) if match else 0


def measured(path: Path, options: LoadOptions) -> dict[str, object]:
    """Load a recording; return the outcome, its time, and the memory it took beyond what was there."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before_kb = _memory_kb("VmRSS")
    started, times = time.perf_counter(), os.times()
    real_bytes = 0
    try:
        real_bytes = load_audio(path, RATE, _MAX_AUDIO_S, options).waveform.nbytes
        outcome = "taken"
    except AudioError as error:
        outcome = "refused"
        if "\n" in str(error):
            outcome = f"message of several lines: {error}"
    except Exception as error:  # noqa: BLE001  # what must never come
        outcome = f"{type(error).__name__}: {error}"
    after = os.times()
    return {
        "outcome": outcome,
        "wall_s": time.perf_counter() - started,
        "cpu_s": sum(after[:4]) - sum(times[:4]),
        "memory_mb": (_memory_kb("VmHWM") - before_kb) / 1024,
        "real_mb": real_bytes / 2**20,
    }


def main() -> None:
    """Take seeds from a folder, mutate, load: FOLDER FIRST COUNT."""
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    seeds = [path.read_bytes() for path in sorted((folder / "seeds").iterdir())]
    path = folder / f"mutant-{first}"
    for number in range(first, first + count):
        path.write_bytes(mutant(seeds, number))
        match = measured(path, LoadOptions(salvage=number % 2 == 1))
        sys.stdout.write(json.dumps({"number": number, **match}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
