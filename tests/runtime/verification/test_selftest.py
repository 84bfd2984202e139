"""A bundle against its stored answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.bundle.bundle import Bundle, open_bundle, read_manifest
from edge_runtime.bundle.golden import GOLDEN_NAME, Golden, read_golden
from edge_runtime.errors import BundleError, ExitCode, ParityError
from edge_runtime.verification.selftest import SelfTest, StageResult, require_passed
from tests.support.tiny_bundle import LOOP_ANSWER, seal, write_tiny_bundle

STAGES = ["features", "encoder", "logprobs", "tokens"]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A bundle whose stored answers a test may change."""
    return write_tiny_bundle(tmp_path / "bundle")


def change_golden(directory: Path, name: str, change: Callable[[Array], Array]) -> Bundle:
    """Store other answers in a bundle."""
    path = directory / GOLDEN_NAME
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays[f"tone/{name}"] = change(arrays[f"tone/{name}"])
    np.savez(path, **arrays)
    return open_bundle(seal(directory, read_manifest(directory).manifest))


def with_value(value: float) -> Callable[[Array], Array]:
    """Return a change of one element."""

    def change(array: Array) -> Array:
        changed = array.copy()
        changed.flat[changed.size // 2] = value
        return changed

    return change


def failed(bundle: Bundle) -> list[str]:
    return [result.stage for result in SelfTest(bundle).run() if not result.passed]


def test_a_sound_bundle_passes_every_stage(tiny_bundle: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    results = list(SelfTest(bundle).run())
    assert [(result.probe, result.stage) for result in results] == [("tone", stage) for stage in STAGES]
    require_passed(results, bundle)


@pytest.mark.parametrize(
    ("name", "stage"), [("log_mel", "features"), ("audio_embeds", "encoder"), ("logprobs", "logprobs")]
)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 7.0])
def test_a_value_that_differs_fails_its_stage(directory: Path, name: str, stage: str, value: float) -> None:
    assert stage in failed(change_golden(directory, name, with_value(value)))


@pytest.mark.parametrize(
    ("name", "stage"), [("log_mel", "features"), ("audio_embeds", "encoder"), ("logprobs", "logprobs")]
)
def test_a_shape_that_differs_fails_its_stage(directory: Path, name: str, stage: str) -> None:
    bundle = change_golden(directory, name, lambda array: array[:-1])
    assert stage in failed(bundle)


def test_a_token_that_differs_fails_and_is_counted(directory: Path) -> None:
    bundle = change_golden(directory, "token_ids", with_value(5))
    (result,) = [result for result in SelfTest(bundle).run() if result.stage == "tokens"]
    # The decoder is led along the stored tokens, so the one after the wrong one differs too.
    assert (result.passed, result.difference) == (False, 2.0)


def test_a_graph_that_answers_otherwise_fails(directory: Path, tmp_path: Path) -> None:
    other = write_tiny_bundle(tmp_path / "other", LOOP_ANSWER)
    (directory / "decoder.onnx").write_bytes((other / "decoder.onnx").read_bytes())
    assert failed(open_bundle(seal(directory, read_manifest(directory).manifest))) == ["tokens"]


def test_a_failure_is_reported_with_stage_difference_and_tolerance(tiny_bundle: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    with pytest.raises(ParityError, match=r"encoder of tone differ .* by 0\.5, allowed 0\.1") as caught:
        require_passed([StageResult("tone", "encoder", 0.5, 0.1)], bundle)
    assert caught.value.exit_code == ExitCode.CHECK_FAILED


@pytest.mark.parametrize(
    ("difference", "passed"), [(0.1, True), (0.100001, False), (np.nan, False), (np.inf, False)]
)
def test_only_a_number_within_the_tolerance_passes(difference: float, passed: bool) -> None:  # noqa: FBT001
    assert StageResult("tone", "encoder", difference, 0.1).passed is passed


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def scramble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[1000] ^= 0xFF
    path.write_bytes(data)


def forget_an_array(path: Path) -> None:
    with np.load(path) as stored:
        np.savez(path, **{key: array for key, array in dict(stored).items() if key != "tone/logprobs"})


def pickle(path: Path) -> None:
    with np.load(path) as stored:
        np.savez(path, **{**stored, "tone/logprobs": np.array([object()])})


def single_array(path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))


DAMAGES = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("answers"),
    "truncated": truncate,
    "scrambled": scramble,
    "an array missing": forget_an_array,
    "pickled objects": pickle,
    "a single array": single_array,
    "no recordings": np.savez,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_stored_answers_that_cannot_be_read_are_a_bundle_error(directory: Path, damage: str) -> None:
    path = directory / GOLDEN_NAME
    DAMAGES[damage](path)
    with pytest.raises(BundleError, match=r"golden\.npz: (not readable as stored answers|missing)"):
        read_golden(path, Golden)


def test_stored_answers_are_read_as_they_were_written(tiny_bundle: Path) -> None:
    golden = read_golden(tiny_bundle / GOLDEN_NAME, Golden)["tone"]
    assert golden.waveform.shape == (16_000,)
    assert golden.log_mel.shape == (128, 100)
    assert golden.audio_embeds.shape == (13, 4)
    assert golden.token_ids.shape == golden.logprobs.shape == (8,)
