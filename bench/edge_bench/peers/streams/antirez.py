"""antirez/qwen-asr: `python -m edge_bench.peers.streams.antirez PROGRAM CHECKPOINT WAV THREADS`.

A step decodes up to `_TOKENS_A_STEP`: five that it rolled back and eight for two seconds of speech. Random
weights end no text, so each step decodes so many.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import soundfile

from edge_bench.peers.language import LANGUAGE
from edge_bench.peers.peer import PeerError
from edge_bench.peers.streams.stream_cost import StreamCost

_TOKENS_A_STEP: Final = 13
_COUNTED: Final = re.compile(r"(\d+) text tokens")


def measure(program: Path, checkpoint: Path, wav: Path, threads: int) -> StreamCost:
    """Stream a recording as fast as it is taken; the cost of its first second, which loads, is taken off.

    Raises:
        PeerError: the program failed.
    """
    samples, rate = soundfile.read(wav)
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first.wav"
        soundfile.write(first, samples[:rate], rate, subtype="PCM_16")
        load = _run(program, checkpoint, first, threads)
    whole = _run(program, checkpoint, wav, threads)
    return StreamCost(
        processor_s=whole.processor_s - load.processor_s,
        num_tokens=whole.num_tokens,
        num_chars=whole.num_chars,
    )


def _run(program: Path, checkpoint: Path, wav: Path, threads: int) -> StreamCost:
    command = [str(program), "-d", str(checkpoint), "-i", str(wav), "-t", str(threads)]
    command += ["--language", LANGUAGE, "--stream", "--stream-max-new-tokens", str(_TOKENS_A_STEP)]
    before = os.times()
    completed = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    after = os.times()
    counted = _COUNTED.search(completed.stderr)
    if completed.returncode or counted is None:
        last = completed.stderr.strip().splitlines()[-1:] or ["nothing"]
        raise PeerError(f"{program.name} ended with {completed.returncode}: {last[0]}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return StreamCost(processor_s=spent, num_tokens=int(counted[1]), num_chars=len(completed.stdout.strip()))


if __name__ == "__main__":
    cost = measure(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write("\n" + cost.to_json() + "\n")
