"""Recordings of every kind through every way in, as a table: `python -m tests.support.recordings.table`."""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from edge_runtime import Recognizer
from edge_runtime.audio.load import Audio, load_audio, read_stream
from edge_runtime.errors import AudioError
from tests.support.recordings import damage, formats, lengths, levels, refusals
from tests.support.recordings.case import FILE, STDIN, Case
from tests.support.recordings.workshop import RATE, Workshop, clip

GROUPS = (formats, lengths, damage, levels, refusals)
_BUNDLE = "mini.ort-cpu.int8"
_CLOSE_S = 0.2


class Judge:
    """Says of each case what is wrong with it."""

    def __init__(self, text_of: Callable[[Audio], str] | None) -> None:
        """Take what makes text of a recording; without it, texts are not compared."""
        self._text_of = text_of
        self._texts: dict[bytes, str] = {}

    def faults(self, case: Case) -> Iterator[str]:
        """Yield what is wrong."""
        results = {way: _take(case, way) for way in case.ways}
        for way, result in results.items():
            yield from (f"{way}: {fault}" for fault in self._faults(case, result))

    def _faults(self, case: Case, result: Audio | AudioError) -> Iterator[str]:
        if isinstance(result, AudioError):
            if case.error_pattern is None or not re.search(case.error_pattern, str(result)):
                yield f"refused: {result}"
            return
        if case.error_pattern is not None:
            yield "taken"
            return
        expected = self._text(Audio(clip() if case.reference is None else case.reference, RATE, RATE, 1))
        if (text := self._text(_window(result, case))) != expected:
            yield f"{text!r} instead of {expected!r}"
        if (codes := Counter(notice.code for notice in result.notices)) != Counter(case.notices):
            yield f"notices {sorted(codes)}"
        if case.duration_s is not None and abs(result.duration_s - case.duration_s) > _CLOSE_S:
            yield f"{result.duration_s:.2f} s instead of {case.duration_s:.2f} s"

    def _text(self, audio: Audio) -> str:
        if self._text_of is None:
            return ""
        key = audio.waveform.tobytes()
        if key not in self._texts:
            self._texts[key] = self._text_of(audio)
        return self._texts[key]


def _recognizer_text() -> Callable[[Audio], str]:
    recognizer = Recognizer.load(Path(str(files("edge_runtime") / "data" / _BUNDLE)))
    return lambda audio: recognizer.transcribe(audio).text


def _window(audio: Audio, case: Case) -> Audio:
    if case.window_s is None:
        return audio
    start, end = (round(second * RATE) for second in case.window_s)
    return replace(audio, waveform=audio.waveform[start:end])


def _take(case: Case, way: str) -> Audio | AudioError:
    try:
        if way == FILE:
            return load_audio(case.path, RATE, case.max_audio_s, case.options)
        data = case.path.read_bytes()
        if way == STDIN:
            return _through_pipe(data, case)
        return read_stream(io.BytesIO(data), RATE, case.max_audio_s, case.options, name=None)
    except AudioError as error:
        return error


def _through_pipe(data: bytes, case: Case) -> Audio:
    reading, writing = os.pipe()

    def write() -> None:
        try:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(data)
        except BrokenPipeError:  # it was refused by its first bytes
            pass

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with os.fdopen(reading, "rb") as stream:
            return read_stream(stream, RATE, case.max_audio_s, case.options)
    finally:
        writer.join()


def all_cases(folder: Path) -> Iterator[Case]:
    """Make the recordings one after the other."""
    for group in GROUPS:
        yield from group.cases(Workshop(folder))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print the table and its score; return 1 if anything is wrong."""
    judge = Judge(_recognizer_text())
    num_cases = num_wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        _say("| group | recording | file, stdin, bytes |\n|---|---|---|")
        for case in all_cases(Path(folder)):
            num_cases += 1
            faults = list(judge.faults(case))
            num_wrong += bool(faults)
            verdict = "refused" if case.error_pattern else " ".join(["text", *sorted(case.notices)])
            _say(
                f"| {case.group} | {case.name} | {'**WRONG** ' + '; '.join(faults) if faults else verdict} |"
            )
    _say(f"scores: cases={num_cases} wrong={num_wrong}")
    return int(num_wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
