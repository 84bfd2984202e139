"""Share one recognizer and one aligner among threads, and one bundle among processes; count wrong answers.

    python -m tests.endurance.threads RECOGNIZER ALIGNER --clips 200 --threads 8 --processes 2

Right is what one thread gets alone. The last line is `scores: cases=N wrong=0`; with others than 0 the exit
code is 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

from edge_runtime import Aligner, Recognizer
from edge_runtime.errors import UsageError
from tests.endurance.recordings import CLIPS, RATE, spoken_texts

Request = TypeVar("Request")
Answer = TypeVar("Answer")


def wrong_in_threads(
    call: Callable[[Request], Answer], requests: Sequence[Request], num_threads: int
) -> tuple[int, int]:
    """Return how many calls threads made at once, and how many got another answer than alone."""
    alone = [call(request) for request in requests]
    with ThreadPoolExecutor(num_threads) as pool:
        together = list(pool.map(call, requests))
    return len(requests), sum(one != other for one, other in zip(alone, together, strict=True))


def share_recognizer(recognizer: Recognizer, num_clips: int, num_threads: int) -> tuple[int, int]:
    """Transcribe clips in threads; every second one is forced to its language."""
    requests = [
        (clip, clip.name[:2] if number % 2 and clip.name[:2] in ("en", "zh") else "")
        for number, clip in enumerate(islice(cycle(CLIPS), num_clips))
    ]
    return wrong_in_threads(
        lambda request: recognizer.transcribe(request[0], language=request[1]).text, requests, num_threads
    )


def share_aligner(aligner: Aligner, num_clips: int, num_threads: int) -> tuple[int, int]:
    """Align clips in threads."""
    requests = list(islice(cycle(spoken_texts()), num_clips))
    return wrong_in_threads(
        lambda request: aligner.align((request[0], RATE), request[1], "en").words, requests, num_threads
    )


def _texts_of_own(bundle: Path, clips: Sequence[Path]) -> list[str]:
    """Load a bundle in this process and transcribe."""
    with Recognizer.load(bundle) as recognizer:
        return [recognizer.transcribe(clip).text for clip in clips]


def share_bundle(bundle: Path, recognizer: Recognizer, num_processes: int, method: str) -> tuple[int, int]:
    """Transcribe in processes that load the same bundle, started by a method of `multiprocessing`."""
    expected = [recognizer.transcribe(clip).text for clip in CLIPS]
    with multiprocessing.get_context(method).Pool(num_processes) as pool:
        answers = pool.starmap(_texts_of_own, [(bundle, CLIPS)] * num_processes)
    return len(CLIPS) * num_processes, sum(
        one != other for texts in answers for one, other in zip(texts, expected, strict=True)
    )


def inherit(recognizer: Recognizer) -> tuple[int, int]:
    """Use the model of the parent in a forked child: it must be refused, and the child must end."""
    child = os.fork()
    if child == 0:
        try:
            recognizer.transcribe(CLIPS[0])
        except UsageError:
            sys.exit(0)
        sys.exit(1)
    _, status = os.waitpid(child, 0)
    return 1, int(status != 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recognizer", type=Path)
    parser.add_argument("aligner", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    options = _arguments()
    with Recognizer.load(options.recognizer) as recognizer, Aligner.load(options.aligner) as aligner:
        rows = {
            "threads, one recognizer": share_recognizer(recognizer, options.clips, options.threads),
            "threads, one aligner": share_aligner(aligner, options.clips, options.threads),
            "spawned processes": share_bundle(options.recognizer, recognizer, options.processes, "spawn"),
            "forked processes": share_bundle(options.recognizer, recognizer, options.processes, "fork"),
            "a model of the parent": inherit(recognizer),
        }
    for name, (cases, wrong) in rows.items():
        sys.stdout.write(f"{name}: {cases - wrong} of {cases} right\n")
    cases, wrong = (sum(column) for column in zip(*rows.values(), strict=True))
    sys.stdout.write(f"scores: cases={cases} wrong={wrong}\n")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
