"""No process of ours looks up a host that its user did not name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

LOOKUPS = ROOT / "tests" / "support" / "lookups.py"
SANDBOX = ("unshare", "--map-root-user", "--net", "--mount", sys.executable, str(LOOKUPS))
ORT_GUARD = """
import os, sys
for name in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.pop(name, None)
class Guard:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime":
            assert os.environ.get("ORT_DISABLE_TELEMETRY") == "1", "onnxruntime came first"
        if name == "huggingface_hub":
            assert os.environ.get("HF_HUB_DISABLE_TELEMETRY") == "1", "huggingface_hub came first"
            assert os.environ.get("DO_NOT_TRACK") == "1", "huggingface_hub came first"
sys.meta_path.insert(0, Guard())
"""
LIVE = """
import sys, time
from edge_runtime import Recognizer
recognizer = Recognizer.load(sys.argv[1])
time.sleep(40)
"""


@pytest.mark.parametrize(
    "entry",
    [
        "import edge_runtime.backends.ort.session",
        "import edge_export.cli, onnxruntime",
        "import edge_export.checkpoint.source, huggingface_hub",
        "import edge_bench.cli, onnxruntime",
        "import edge_runtime.cli, onnxruntime",
        "import tests.conftest, onnxruntime",
    ],
)
def test_telemetry_is_off_before_a_library_that_has_it_is_imported(entry: str) -> None:
    subprocess.run([sys.executable, "-c", ORT_GUARD + entry], check=True, cwd=ROOT)


def _lookups(*program: str) -> int:
    """Return how many host names a program looks up."""
    # Importing the runtime here has set the variable, which a child would inherit.
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    command = [*SANDBOX, sys.executable, *program]
    completed = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if "unshare" in completed.stderr and completed.returncode:
        pytest.skip(f"no namespaces of its own for a user here: {completed.stderr.strip()}")
    assert completed.returncode == 0, completed.stderr
    return int(completed.stdout.splitlines()[-1])


def test_the_counter_counts() -> None:
    lookup = "import contextlib, socket\nwith contextlib.suppress(OSError): socket.getaddrinfo('a.test', 80)"
    assert _lookups("-c", lookup) > 0


@pytest.mark.slow
def test_a_process_that_lives_forty_seconds_looks_nothing_up(tiny_bundle: Path) -> None:
    assert _lookups("-c", LIVE, str(tiny_bundle)) == 0
