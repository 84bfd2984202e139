"""CrispASR's stream, of its wheel: `python -m edge_bench.peers.streams.crispasr MODEL WAV THREADS`."""

from __future__ import annotations

import sys
from time import process_time
from typing import Final

import crispasr
import soundfile

from edge_bench.peers.streams.stream_cost import StreamCost

_PACKET: Final = 1600
_STEP_MS: Final = 2000


def measure(model: str, wav: str, threads: int) -> StreamCost:
    """Stream a recording as fast as it is taken; tokens are not counted by the program."""
    samples, _ = soundfile.read(wav, dtype="float32")
    session = crispasr.Session(model, n_threads=threads)
    began = process_time()
    stream = session.stream_open(step_ms=_STEP_MS, language="en")
    for start in range(0, len(samples), _PACKET):
        stream.feed(samples[start : start + _PACKET])
    stream.flush()
    text = stream.get_text()["text"]
    return StreamCost(processor_s=process_time() - began, num_tokens=None, num_chars=len(text))


if __name__ == "__main__":
    sys.stdout.write("\n" + measure(sys.argv[1], sys.argv[2], int(sys.argv[3])).to_json() + "\n")
