"""antirez/qwen-asr: a C program, built from a source folder and run as its command line.

It decodes up to 2048 tokens and has no option for fewer, and random weights never end a text. It prints each
token at once, so its process is killed after the wanted number; a step is the mean time between two.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import IO, Final

from edge_bench.peers.language import LANGUAGE
from edge_bench.peers.peer import Clip, PeerError, Settings, StageTimes
from edge_bench.speed.figures import peak_rss_bytes

_PROGRAM: Final = "qwen_asr"
_STAGE: Final = re.compile(r"^\s*(Mel|Encoder|Prefill): \d+ \w+ \((\d+(?:\.\d+)?) ms\)", re.MULTILINE)
_DECODE: Final = re.compile(r"^\s*Decode: \d+ tokens \(\d+ ms, (\d+(?:\.\d+)?) ms/token", re.MULTILINE)
_TIMEOUT_S: Final = 600.0
"""Maximum time without a token; includes loading, encoder and prefill of a long recording."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Times in its debug output, in milliseconds; `step_ms` only where the program ended the text itself."""

    mel_ms: float
    encoder_ms: float
    prefill_ms: float
    step_ms: float | None


def parse(output: str) -> Stages:
    """Read the times in its debug output.

    Raises:
        PeerError: a stage is missing.
    """
    stage_ms = {name: float(ms) for name, ms in _STAGE.findall(output)}
    missing = {"Mel", "Encoder", "Prefill"} - set(stage_ms)
    if missing:
        last = output.strip().splitlines()[-1:] or ["nothing"]
        raise PeerError(f"no time for {', '.join(sorted(missing))} in its output, which ends: {last[0]}")
    decode = _DECODE.search(output)
    return Stages(
        stage_ms["Mel"], stage_ms["Encoder"], stage_ms["Prefill"], float(decode[1]) if decode else None
    )


class Antirez:
    """The program with a checkpoint in the original layout."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings

    def available(self) -> str | None:
        """Return what is missing of sources and checkpoint."""
        folder = self._settings.antirez
        if folder is None:
            return "no source folder was named (--antirez)"
        if not (folder / _PROGRAM).is_file() and not (folder / "Makefile").is_file():
            return f"{folder} holds neither {_PROGRAM} nor a Makefile"
        if self._settings.original is None:
            return "it needs a checkpoint in the original layout"
        if not (self._settings.original / "vocab.json").is_file():
            return f"{self._settings.original} holds no vocab.json, which it needs"
        return None

    def versions(self) -> dict[str, str]:
        """Return the commit of the sources, where they are a git checkout."""
        command = ["git", "-C", str(self._program().parent), "rev-parse", "--short", "HEAD"]
        completed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return {"antirez/qwen-asr": completed.stdout.strip() or "of unknown version"}

    def convert(self) -> None:
        """Build the program with BLAS, unless it is built."""
        if self._program().is_file():
            return
        command = ["make", "-C", str(self._program().parent), "blas"]
        completed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if completed.returncode:
            reason = (completed.stderr.strip().splitlines() or ["no message"])[-1]
            raise PeerError(f"`{' '.join(command)}` failed (it needs libopenblas-dev): {reason}")

    def prepare(self) -> None:
        """Do nothing: every run of the program maps the weights itself."""

    def run(self, clip: Clip, num_tokens: int) -> StageTimes:
        """Run the program until it has printed `num_tokens` tokens."""
        with tempfile.TemporaryFile("w+", errors="replace") as log:
            with subprocess.Popen(self._command(clip), stdout=subprocess.PIPE, stderr=log) as process:  # noqa: S603
                assert process.stdout is not None, "stdout is a pipe"
                try:
                    arrivals = _arrivals(process.stdout, num_tokens)
                    peak = peak_rss_bytes(Path(f"/proc/{process.pid}/status"))
                finally:
                    process.kill()
            log.seek(0)
            stages = parse(log.read())
        return StageTimes(
            frontend_ms=stages.mel_ms,
            encoder_ms=stages.encoder_ms,
            prefill_ms=stages.prefill_ms,
            step_ms=step_ms(arrivals, stages),
            peak_bytes=peak,
        )

    def _program(self) -> Path:
        assert self._settings.antirez is not None, "available() says so before"
        return self._settings.antirez / _PROGRAM

    def _command(self, clip: Clip) -> list[str]:
        threads, folder = str(self._settings.threads), str(self._settings.original)
        # With a forced language the program prints from the first token on, not from <asr_text> on.
        head = [str(self._program().absolute()), "-d", folder, "-i", str(clip.wav), "-t", threads]
        return [*head, "--language", LANGUAGE, "--debug"]


def step_ms(arrivals: list[float], stages: Stages) -> float:
    """Return the mean time between printed tokens; where there are too few, the time that the program states.

    Raises:
        PeerError: neither is known.
    """
    if len(arrivals) > 1:
        return 1e3 * (arrivals[-1] - arrivals[0]) / (len(arrivals) - 1)
    if stages.step_ms is None:
        raise PeerError("it printed too few tokens to time a step")
    return stages.step_ms


def _arrivals(stream: IO[bytes], num_tokens: int) -> list[float]:
    """Return the arrival time of each of the first tokens, in seconds; fewer where the text ends earlier."""
    arrivals: list[float] = []
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(arrivals) < num_tokens:
            if not selector.select(_TIMEOUT_S):
                raise PeerError(f"it printed no token for {_TIMEOUT_S:.0f} s")
            if not os.read(stream.fileno(), 65536):
                break
            arrivals.append(perf_counter())
    return arrivals


def make(settings: Settings, _variant: str) -> Antirez:
    """Make the peer; it has only one variant."""
    return Antirez(settings)
