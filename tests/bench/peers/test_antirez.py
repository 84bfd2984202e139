"""Times of antirez's program are read from its output, from a stand-in that never ends as well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_bench.peers import antirez
from edge_bench.peers.peer import PeerError, Settings
from tests.bench.support.peers import CLIP, HERE

DEBUG_OUTPUT = """\
Loading model from somewhere
Detected: Qwen3-ASR-0.6B
Model loaded.
Audio: 176000 samples (11.0 seconds)
  Mel: 1100 frames (25 ms)
  Encoder: 143 tokens (1480 ms)
  Prefill: 161 tokens (1273 ms)
"""
DECODE_LINE = "  Decode: 29 tokens (2320 ms, 80.0 ms/token)\n"


def test_debug_output_of_antirez_gives_the_stages() -> None:
    stages = antirez.parse(DEBUG_OUTPUT)
    assert stages == antirez.Stages(25.0, 1480.0, 1273.0, None)
    assert antirez.parse(DEBUG_OUTPUT + DECODE_LINE).step_ms == 80.0


def test_output_without_a_stage_is_refused_with_its_last_line() -> None:
    with pytest.raises(PeerError, match=r"no time for Encoder, Mel, Prefill in .* cannot load talk\.wav"):
        antirez.parse("qwen_transcribe: cannot load talk.wav\n")


def test_a_step_of_antirez_is_the_mean_between_tokens() -> None:
    stages = antirez.parse(DEBUG_OUTPUT)
    assert antirez.step_ms([1.0, 1.1, 1.2, 1.5], stages) == pytest.approx(500 / 3)
    assert antirez.step_ms([1.0], antirez.parse(DEBUG_OUTPUT + DECODE_LINE)) == 80.0
    with pytest.raises(PeerError, match="too few tokens"):
        antirez.step_ms([1.0], stages)


def _stand_in(folder: Path) -> Settings:
    """Write a program that prints tokens for ever, every 20 ms, and a checkpoint's vocabulary."""
    folder.mkdir()
    program = folder / "qwen_asr"
    lines = [f"#!{HERE}", "import sys, time", f"sys.stderr.write({DEBUG_OUTPUT!r})", "sys.stderr.flush()"]
    lines += ["while True:", "    print(' word', end='', flush=True)", "    time.sleep(0.02)"]
    program.write_text("\n".join(lines))
    program.chmod(0o755)
    (folder / "vocab.json").write_text("{}")
    return Settings(threads=1, work=folder, antirez=folder, original=folder)


def test_a_program_that_never_ends_its_text_is_ended_after_the_tokens_requested(tmp_path: Path) -> None:
    peer = antirez.make(_stand_in(tmp_path / "sources"), "")
    assert peer.available() is None
    peer.convert()
    times = peer.run(CLIP, 5)
    assert (times.frontend_ms, times.encoder_ms, times.prefill_ms) == (25.0, 1480.0, 1273.0)
    assert times.step_ms > 15


def test_what_antirez_lacks_is_said_in_a_line(tmp_path: Path) -> None:
    settings = _stand_in(tmp_path / "sources")
    missing = {
        "no source folder": replace(settings, antirez=None),
        "neither qwen_asr nor a Makefile": replace(settings, antirez=tmp_path),
        "original layout": replace(settings, original=None),
        "no vocab.json": replace(settings, original=tmp_path),
    }
    for reason, changed in missing.items():
        assert reason in (antirez.make(changed, "").available() or "")
