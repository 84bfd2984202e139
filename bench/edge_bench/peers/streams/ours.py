"""Our stream, with planted texts: `python -m edge_bench.peers.streams.ours BUNDLE TEXTS_OF WAV THREADS`."""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time
from typing import Final

import soundfile

from edge_bench.peers.streams.stream_cost import StreamCost
from edge_bench.speed.stream.streamer import Streamer
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming.events import Final as FinalEvent
from edge_runtime.streaming.events import StreamEvent
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.vad.timestamps import SAMPLE_RATE
from edge_runtime.verification.load import open_checked

_PACKET: Final = SAMPLE_RATE // 10


def measure(bundle: Path, texts_of: Path, wav: Path, threads: int) -> StreamCost:
    """Stream a recording as fast as it is taken; the tokens are those of the finals."""
    samples, _ = soundfile.read(wav, dtype="float32")
    options = StreamOptions()
    with Recognizer.load(texts_of, threads=threads) as hearing:
        texts = Streamer(hearing, options).hear(samples)
    checked = open_checked(bundle, "auto", threads)
    streamer = Streamer.planted(checked.bundle, checked.options, options, texts)
    finals: list[FinalEvent] = []
    num_tokens: list[int] = []

    def take(event: StreamEvent) -> None:
        if isinstance(event, FinalEvent):
            finals.append(event)

    began = process_time()
    with streamer.open(
        take, lambda one: num_tokens.append(one.num_tokens) if one.kind == "finish" else None, worker=False
    ) as stream:
        for start in range(0, len(samples), _PACKET):
            stream.feed(samples[start : start + _PACKET], SAMPLE_RATE)
    processor_s = process_time() - began
    text = " ".join(final.text for final in finals)
    return StreamCost(processor_s=processor_s, num_tokens=sum(num_tokens), num_chars=len(text))


if __name__ == "__main__":
    cost = measure(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write("\n" + cost.to_json() + "\n")
