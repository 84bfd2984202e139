"""What a probe says of a result that is wrong, and of a library that does not run."""

from __future__ import annotations

import sys
from errno import EIO
from os import strerror
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from edge_runtime.backends.ort import session as session_ort
from edge_runtime.backends.trt import session as session_trt
from edge_runtime.doctor.bundles import find_bundles
from edge_runtime.doctor.trials import ffmpeg_trial, onnx_trial, trt_trial
from edge_runtime.doctor.trials.trial import run_trial
from edge_runtime.errors import BackendUnavailableError
from edge_runtime.opened_file import OpenedFile
from tests.runtime.doctor.trials.test_gpu_trial import Negation
from tests.support.fake_cuda import FakeCuda


def test_sums_that_saturate_are_told_with_what_they_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_ort, "multiply_codes", lambda: (131_068.0, 259_080.0))
    trial = onnx_trial.run_codes()
    assert trial.outcome == "failed"
    assert trial.reason == "A sum of eight-bit products is 131068 and should be 259080."


def test_a_tone_that_is_decoded_to_silence_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg_trial.shutil, "which", lambda _: "/usr/bin/ffmpeg")
    silence = SimpleNamespace(waveform=np.zeros(1600, np.float32))
    monkeypatch.setattr(ffmpeg_trial, "load_audio", lambda *_, **__: silence)
    trial = ffmpeg_trial.decode()
    assert (trial.outcome, trial.reason) == ("failed", "ffmpeg decoded a tone to silence.")


def planted(monkeypatch: pytest.MonkeyPatch, library: Negation) -> None:
    """Let the probe of TensorRT find a library, and the runtime's own probe pass on it."""
    for module in (trt_trial, session_trt):
        monkeypatch.setattr(module, "load_trt", lambda _: library)
        monkeypatch.setattr(module, "load_cuda", lambda: library.cuda)


@pytest.mark.parametrize(("sign", "outcome"), [(-1.0, "passed"), (1.0, "failed")])
def test_tensorrt_is_judged_by_its_result_and_its_version_is_told_either_way(
    monkeypatch: pytest.MonkeyPatch, sign: float, outcome: str
) -> None:
    planted(monkeypatch, Negation(FakeCuda(), sign))
    trial = trt_trial.run_network("tensorrt")
    assert (trial.outcome, trial.version) == (outcome, "10.3.0")
    assert ("as the negation of" in trial.reason) is not trial.passed


def test_a_tensorrt_without_a_gpu_is_an_error_of_the_runtimes_own_probe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = Negation(FakeCuda())
    library.cuda.failing["set_device"] = 100
    planted(monkeypatch, library)
    with pytest.raises(BackendUnavailableError, match="as planted"):
        trt_trial.run_network("tensorrt")


def test_a_tensor_whose_address_is_refused_is_a_failed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Negation(FakeCuda())
    monkeypatch.setattr(library, "set_tensor_address", lambda *_: library.answer("address", value=False))
    library.fails_at = "address"
    planted(monkeypatch, library)
    trial = trt_trial.run_network("tensorrt")
    assert trial.outcome == "failed"
    assert "running a network of one layer: CUDA initialization failure" in trial.reason


def test_a_frozen_program_runs_no_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    trial = run_trial("ort-cpu")
    assert trial.outcome == "missing"
    assert "has no Python interpreter" in trial.reason


def test_a_disk_that_fails_is_an_error_of_the_bundle(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: OpenedFile, offset: int, num_bytes: int) -> bytes:
        raise OSError(EIO, strerror(EIO))

    monkeypatch.setattr(OpenedFile, "read_at", fail)
    (folder,) = find_bundles([tiny_bundle], tiny_bundle.parent)
    assert folder.manifest is None
    assert folder.error == f"cannot be read ({strerror(EIO)})."
