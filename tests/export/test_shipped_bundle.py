"""The bundle in the package is what the build makes of the mini checkpoint now."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_runtime.bundle.golden import GOLDEN_NAME, read_arrays
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.shipped import SHIPPED

ROOT = Path(__file__).parents[2]
BUNDLE = SHIPPED["mini"]
MEASURED = ("golden.npz", "parity.json")
"""Files with answers of torch, whose last bits differ from processor to processor."""

pytestmark = pytest.mark.slow


def _manifest(bundle: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((bundle / MANIFEST_NAME).read_text("utf-8"))
    return manifest


def _comparable(built: Path) -> dict[str, Any]:
    """Return the new manifest; without the detector as long as the shipped bundle, a valid one, has none."""
    manifest = _manifest(built)
    if "vad" not in _manifest(BUNDLE)["components"]:
        del manifest["components"]["vad"], manifest["files"]["vad.onnx"], manifest["files"]["vad.LICENSE"]
    return manifest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same build, made now; graphs depend on releases of the tools."""
    recorded = _manifest(BUNDLE)["provenance"]["tools"]["python"].rpartition(".")[0]
    if recorded != platform.python_version().rpartition(".")[0]:
        pytest.skip(
            f"it was built with Python {recorded}, for which the lock has other releases of the tools"
        )
    folder = tmp_path_factory.mktemp("shipped") / BUNDLE.name
    command = [
        sys.executable,
        "-m",
        "edge_runtime",
        "build-engines",
        "mini",
        "--precision",
        "int8",
        "--quiet",
    ]
    subprocess.run([*command, "--output-dir", str(folder)], cwd=ROOT, check=True)
    return folder


def _num_differences(built: Path, name: str) -> int:
    """Return how many bytes of a file differ; all of them where a difference is more than a last bit."""
    now, shipped = (np.frombuffer((folder / name).read_bytes(), np.uint8) for folder in (built, BUNDLE))
    if now.size != shipped.size or np.abs(now.astype(np.int16) - shipped).max() > 1:
        return now.size
    return int(np.count_nonzero(now != shipped))


def test_graphs_weights_and_tokenizer_are_equal_but_for_last_bits_of_sines(built: Path) -> None:
    # The table of positions is torch's, which takes sines by the instructions that a processor has.
    allowed = {"encoder.onnx.data": 100}
    names = [name for name in _comparable(built)["files"] if name not in MEASURED]
    stale = [name for name in names if _num_differences(built, name) > allowed.get(name, 0)]
    assert stale == [], "run `make mini-bundle`, and commit what it writes"


def test_the_manifest_says_the_same_but_for_what_was_measured_and_with_which_tools(built: Path) -> None:
    now, shipped = _comparable(built), _manifest(BUNDLE)
    for manifest in (now, shipped):
        for name in ("tools", "command"):
            manifest["provenance"].pop(name)
        for name in (*MEASURED, "encoder.onnx.data"):  # compared by their content
            manifest["files"][name] = None
        for name in ("logprobs", "tokens"):  # twice what this processor's kernels were off
            manifest["selftest"].pop(name)
    assert shipped["selftest"].pop("encoder") == pytest.approx(now["selftest"].pop("encoder"), rel=0.5)
    assert shipped == now, "run `make mini-bundle`, and commit what it writes"


def test_the_stored_answers_are_equal_but_for_the_order_of_sums(built: Path) -> None:
    with read_arrays(built / GOLDEN_NAME) as now, read_arrays(BUNDLE / GOLDEN_NAME) as shipped:
        assert list(shipped) == list(now)
        for name, expected in now.items():
            np.testing.assert_allclose(shipped[name], expected, rtol=0, atol=1e-3, err_msg=name)


def test_its_provenance_names_no_path_outside_the_checkout() -> None:
    provenance = _manifest(BUNDLE)["provenance"]
    assert provenance["command"].startswith("edge-asr build-engines mini --precision int8 ")
    assert "/" not in provenance["command"].replace("build/mini.ort-cpu.int8", "")
    assert provenance["calibrate_on"] is None
