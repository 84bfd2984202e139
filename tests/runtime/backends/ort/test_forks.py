"""A forked child of a program that has loaded a model ends as it wants to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PROGRAM = """
import os, sys, time
from edge_runtime import Recognizer
from edge_runtime.errors import UsageError
recognizer = Recognizer.load(sys.argv[1], threads=2)
recognizer.transcribe((16_000, [0.1] * 16_000))
child = os.fork()
if child == 0:
{child}
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        sys.exit(os.waitstatus_to_exitcode(status))
    time.sleep(0.02)
os.kill(child, 9)
sys.exit("the child hangs")
"""

CHILDREN = {
    "exits": "sys.exit(7)",
    "drops its parent's model": "del recognizer; sys.exit(7)",
    "closes its parent's model": "recognizer.close(); del recognizer; sys.exit(7)",
    "uses its parent's model": (
        "try: recognizer.transcribe('a.wav')\n    except UsageError: sys.exit(7)\n    sys.exit(1)"
    ),
    "has children of its own": "os._exit(7) if os.fork() else sys.exit(0)",
}


@pytest.mark.skipif(not hasattr(sys, "getrefcount"), reason="another Python than CPython")
@pytest.mark.parametrize("child", CHILDREN.values(), ids=CHILDREN)
def test_a_child_that_ends_neither_hangs_nor_aborts(tiny_bundle: Path, child: str) -> None:
    program = PROGRAM.format(child=f"    {child}")
    command = [sys.executable, "-c", program, str(tiny_bundle)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
