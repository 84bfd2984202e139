"""Calibration records activations, and its smoothing changes only the rounding error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_export.calibration.calibrate import best_factors, product_error
from edge_export.calibration.recordings import digests, read_recordings
from edge_export.calibration.report import matrix_errors
from edge_export.calibration.statistics import Histogram, RowSample
from edge_export.graphs.export_config import export_config
from edge_export.quantize.activation_scales import (
    Calibration,
    is_fed_by_norm,
    load_calibration,
    normed_by,
    smoothing_factors,
)
from edge_export.quantize.quantization import Quantization
from edge_runtime.errors import UsageError
from tests.export.conftest import ROOT
from tests.export.quantize.conftest import Calibrated

QKV = "language_model.layers.0.self_attn.qkv_proj.weight"
NORM = "language_model.layers.0.input_layernorm.weight"


@given(st.lists(st.integers(1, 400), min_size=1, max_size=5), st.sampled_from([50.0, 99.0, 99.99, 100.0]))
def test_a_percentile_is_at_most_a_bin_above_the_true_one(sizes: list[int], share: float) -> None:
    generator, histogram = np.random.default_rng(sum(sizes)), Histogram()
    # Growing magnitudes, so that the range has to double on the way.
    pieces = [generator.standard_normal(size) * 2.0**index for index, size in enumerate(sizes)]
    for piece in pieces:
        histogram.add(piece)
    true = np.percentile(np.abs(np.concatenate(pieces)), share, method="inverted_cdf")
    actual = histogram.percentile(share)
    assert true - 1e-9 <= actual <= true + 2 * histogram.max_value / 1024
    assert histogram.percentile(100) == histogram.max_value


def test_a_histogram_of_silence_has_no_range() -> None:
    histogram = Histogram()
    histogram.add(np.zeros((3, 4), np.float32))
    assert histogram.percentile(99.99) == 0


def test_sampled_rows_are_rows_that_passed_and_peaks_are_of_all() -> None:
    sample = RowSample(2, np.random.default_rng(0))
    rows = np.stack([np.arange(5000), -2 * np.arange(5000)], axis=1).astype(np.float32)
    for start in range(0, 5000, 70):
        sample.add(rows[start : start + 70])
    assert sample.rows.shape == (256, 2)
    np.testing.assert_array_equal(sample.rows[:, 1], -2 * sample.rows[:, 0])
    assert sample.peaks.tolist() == [4999, 9998]
    # Uniform: the mean of 256 of 0 … 4999 is within five standard errors.
    assert abs(sample.rows[:, 0].mean() - 2500) < 5 * 1443 / 16


def _loud_channel() -> tuple[RowSample, np.ndarray]:
    generator = np.random.default_rng(1)
    sample = RowSample(64, generator)
    rows = generator.standard_normal((200, 64)).astype(np.float32)
    rows[:, 7] *= 100
    sample.add(rows)
    return sample, generator.standard_normal((64, 32)).astype(np.float32)


def test_smoothing_lowers_the_error_of_a_loud_channel_and_leaves_the_product() -> None:
    sample, matrix = _loud_channel()
    factors = best_factors(sample, matrix)
    assert factors is not None
    plain = product_error(sample.rows, matrix, np.ones(64, np.float32), float(sample.peaks.max()))
    smoothed = product_error(sample.rows, matrix, factors, float((sample.peaks / factors).max()))
    assert smoothed < plain / 2
    product = (sample.rows / factors) @ (matrix * factors[:, None])
    np.testing.assert_allclose(product, sample.rows @ matrix, rtol=1e-3, atol=1e-2)


@given(st.floats(0.1, 0.9))
def test_factors_leave_the_norms_magnitude_on_a_log_scale(alpha: float) -> None:
    sample, matrix = _loud_channel()
    factors = smoothing_factors(sample.peaks, matrix, alpha)
    assert abs(float(np.log(factors).mean())) < 1e-4


def test_the_norm_takes_back_what_the_matrix_is_given(tmp_path: Path) -> None:
    calibration = Calibration({QKV: 3.0}, {QKV: np.array([2, 4], np.float32)})
    calibration.save(tmp_path / "c.npz")
    loaded = load_calibration(tmp_path / "c.npz")
    assert loaded.ranges == {QKV: 3.0}
    assert loaded.smoothed(QKV, np.ones((2, 3), np.float32)).tolist() == [[2, 2, 2], [4, 4, 4]]
    assert loaded.smoothed(NORM, np.ones(2, np.float32)).tolist() == [0.5, 0.25]
    assert loaded.smoothed("language_model.norm.weight", np.ones(2, np.float32)).tolist() == [1, 1]


def test_every_norm_in_the_table_feeds_a_matrix_that_counts_as_fed(calibrated: Calibrated) -> None:
    fed = {name for name in calibrated.samples if is_fed_by_norm(name)}
    norms = [
        name for weight in calibrated.checkpoint.weights.names() if (name := weight[6:]) and normed_by(name)
    ]
    assert {normed_by(name) for name in norms} == fed
    # Two layers of two each side, and the projector behind the encoder's last norm.
    assert len(fed) == 2 * 2 + 2 * 2 + 1
    assert set(calibrated.calibration.smoothing) <= fed


def test_every_product_with_rows_was_observed(calibrated: Calibrated) -> None:
    assert len(calibrated.samples) == 2 * 4 + 1 + 2 + 2 * 4
    assert calibrated.calibration.ranges.keys() == calibrated.samples.keys()
    for name, sample in calibrated.samples.items():
        assert sample.rows.shape[1] == len(calibrated.calibrator.matrix(name))
        assert calibrated.calibration.ranges[name] > 0


def test_matrices_are_listed_worst_first_and_four_bits_are_worse_than_eight(calibrated: Calibrated) -> None:
    rows = {name: sample.rows for name, sample in calibrated.samples.items()}
    path = calibrated.directory / "decoder.onnx"
    listed = {
        precision: matrix_errors(path, "decoder", Quantization(export_config(precision).plan), rows)
        for precision in ("int8", "int4")
    }
    for errors in listed.values():
        assert [error.worst for error in errors] == sorted((error.worst for error in errors), reverse=True)
    # At eight bits the table is in half precision.
    assert {precision: len(errors) for precision, errors in listed.items()} == {"int8": 8, "int4": 9}
    # Uniform rounding of normal weights: about 1 % with 255 codes, about 10 % with 16.
    assert 0.002 < listed["int8"][0].worst < 0.03
    assert 0.05 < listed["int4"][0].worst < 0.2


def test_recordings_come_from_a_list_a_folder_or_a_file(tmp_path: Path) -> None:
    listed = read_recordings(ROOT / "tests" / "aligned_clips")
    assert len(listed) == 8
    assert all(each.text and each.path.is_file() for each in listed)
    one = read_recordings(listed[0].path)
    assert [(each.path, each.text) for each in one] == [(listed[0].path, None)]
    (tmp_path / "b.FLAC").touch()
    (tmp_path / "a.wav").touch()
    assert [each.path.name for each in read_recordings(tmp_path)] == ["a.wav", "b.FLAC"]
    assert len(digests(listed)) == 8


@pytest.mark.parametrize("content", [None, "", "no json", '{"text": "x"}'])
def test_a_list_without_recordings_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "list.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=r"list\.jsonl"):
        read_recordings(path)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recordings to calibrate on"):
        read_recordings(tmp_path)
