"""The list of layers has the rounding of matrix and rows by each kernel, worst first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge_export.calibration.recordings import Recording, read_recordings
from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.graph_spec import Lowering
from edge_export.graphs.export_config import export_config
from edge_export.quantize.activation_scales import Calibration
from edge_export.tuning.layers.listing import LayerError, layer_errors
from edge_export.tuning.layers.rows import Rows
from edge_export.tuning.layers.table import table_lines
from edge_runtime.bundle.manifest import Kind
from tests.export.conftest import ROOT

CLIPS = ROOT / "tests" / "aligned_clips"
DOWN = "language_model.layers.0.mlp.down_proj.weight"
SCORE = "score.weight"
CONV = "audio_tower.conv2d1.weight"
CODED_CONVS = ("audio_tower.conv2d2.weight", "audio_tower.conv2d3.weight")


@pytest.fixture(scope="module")
def one_recording() -> tuple[Recording, ...]:
    return read_recordings(CLIPS / "manifest.jsonl")[:1]


def listed(
    precision: str,
    recordings: tuple[Recording, ...],
    lowering: Lowering | None = None,
    kind: Kind = "aligner",
) -> dict[str, LayerError]:
    checkpoint = read_checkpoint(resolve("mini-aligner", HubOptions()))
    actual = layer_errors(checkpoint, export_config(precision, lowering, kind=kind), recordings)
    assert [each.worst for each in actual] == sorted((each.worst for each in actual), reverse=True)
    return {each.name: each for each in actual}


@pytest.mark.slow
def test_rows_of_eight_bits_add_to_the_error_of_weights_alone_and_finer_ones_hardly(
    one_recording: tuple[Recording, ...],
) -> None:
    # As a recogniser's matrices are stored, and as an aligner's are.
    single, by_row = (listed("int8", one_recording, lowering, "asr") for lowering in ("modern", "ort"))
    finer = listed("int8", one_recording, "ort")
    assert single[CONV].output is None
    assert CONV not in by_row, "the first convolution of an `ort` graph stays float"
    maps = [actual[name].rows for actual in (by_row, finer) for name in CODED_CONVS]
    assert maps == ["int8 by second", *["int16 by second"] * 3]
    assert SCORE not in finer, "the head of an aligner stays float"
    for rows, actual in (("float32", single), ("int16 by row", by_row), ("int16 by row", finer)):
        assert actual[DOWN].rows == rows
    for name, each in by_row.items():
        if each.rows == "int8 by row":
            assert each.weights == pytest.approx(single[name].weights)
            assert each.output > single[name].output
            assert (
                name not in finer or not name.startswith("language_model") or finer[name].output < each.output
            )


@pytest.mark.slow
def test_codes_in_blocks_that_onnx_runtime_fuses_with_their_product_have_its_rows(
    one_recording: tuple[Recording, ...],
) -> None:
    fused = listed("int8", one_recording, "modern")
    assert (fused[DOWN].stored, fused[DOWN].rows) == ("int8 by 32", "int8 by 32")


@pytest.mark.slow
def test_half_precision_lists_every_matrix_with_the_error_of_eleven_bits(
    one_recording: tuple[Recording, ...],
) -> None:
    actual = listed("fp16", one_recording)
    assert {each.stored for each in actual.values()} == {"float16"}
    assert all(each.output < 2**-10 for each in actual.values() if each.output is not None)


@pytest.mark.slow
def test_float32_has_nothing_to_list(one_recording: tuple[Recording, ...]) -> None:
    assert listed("fp32", one_recording) == {}


def test_rows_are_seen_as_the_kernels_store_them() -> None:
    rows = np.array([[1.0, 0.5, 100.0, 50.2], [0.0, 0.0, 0.0, 0.0]], np.float32)
    plain = Calibration()
    step = np.float32(100 / 127)
    by_row = Rows("row").as_computed("w", rows, plain)
    np.testing.assert_allclose(by_row[0], [step, step, 100, 64 * step], rtol=1e-6)
    twice = Rows("fine").as_computed("w", rows, plain)
    assert np.abs(twice - rows).max() <= 100 / 127 / 254 / 2 * 1.001
    behind_gelu = Rows("gelu").as_computed("w", np.array([[-0.17, 0.0, 3.0, 1.0]], np.float32), plain)
    np.testing.assert_allclose(behind_gelu[0], np.array([-13, 0, 223, 74]) * 3 / 223, rtol=1e-6)
    by_block = Rows("block", 2).as_computed("w", rows, plain)
    np.testing.assert_allclose(by_block[0], [1, 64 / 127, 100, 64 * step], rtol=1e-6)
    assert by_row[1].tolist() == by_block[1].tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(Rows("float").as_computed("w", rows, plain), rows)
    halves = Rows("float", dtype=np.dtype(np.float16)).as_computed("w", rows, plain)
    assert halves[0, 3] == np.float32(np.float16(50.2)) != rows[0, 3]
    calibrated = Calibration({"w": 127.0}, {"w": np.array([1, 0.5, 1, 1], np.float32)})
    np.testing.assert_array_equal(Rows("calibrated").as_computed("w", rows, calibrated)[0], [1, 1, 100, 50])


def test_the_table_is_cut_after_the_worst() -> None:
    errors = [LayerError(name, "decoder", "int8", "float32", 0.01, 0.02) for name in "ab"]
    assert list(table_lines(errors, 1))[2:] == ["| a | int8 | float32 | 1.000 | 2.000 |"]
    (line,) = list(table_lines([LayerError("c", "encoder", "int8", "float32", 0.01, None)]))[2:]
    assert line.endswith("| 1.000 | – |")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--precision", "int3"), "--precision 'int3' is unknown"),
        (("--precision", "int8", "--lowering", "old"), "--lowering 'old' is unknown"),
    ],
)
def test_a_wrong_name_is_one_line(arguments: tuple[str, ...], complaint: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edge_export.tuning.layers", "--calibrate-on", str(CLIPS), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {complaint}")
