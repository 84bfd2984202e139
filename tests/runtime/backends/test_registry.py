"""Which back end serves which target, and the error where one is missing."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from edge_runtime.backends.cuda.cudart_library import choose_library
from edge_runtime.backends.ort import session as session_ort
from edge_runtime.backends.registry import engine_environment, open_session, probe_target
from edge_runtime.backends.session import SessionOptions
from edge_runtime.backends.trt import session as session_trt
from edge_runtime.backends.trt.library import load_trt
from edge_runtime.bundle.manifest import Target
from edge_runtime.errors import BackendUnavailableError, ResourceError
from tests.support.engines import make_rig
from tests.support.fake_cuda import NUM_DEVICES
from tests.support.manifests import ENCODER_COMPONENT

MISSING = [
    ("ort-cpu", "onnxruntime", "backends.ort.session", "cpu"),
    ("ort-cuda", "onnxruntime", "backends.ort.session", "gpu"),
    ("tensorrt", "tensorrt", "backends.trt.session", "tensorrt"),
    ("tensorrt-rtx", "tensorrt_rtx", "backends.trt.session", "rtx"),
]


@pytest.mark.parametrize(("target", "package", "module", "extra"), MISSING)
@pytest.mark.parametrize("action", ["open", "probe", "describe"])
def test_a_back_end_that_is_not_installed_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, target: Target, package: str, module: str, extra: str, action: str
) -> None:
    monkeypatch.delitem(sys.modules, f"edge_runtime.{module}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BackendUnavailableError, match=rf"'{package}'.*pip install 'edge-asr\[{extra}\]'"):
        use(target, action)


@pytest.mark.parametrize("action", ["open", "probe", "describe"])
def test_a_machine_without_the_cuda_runtime_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", ModuleType("tensorrt"))
    monkeypatch.setattr(session_trt, "load_cuda", lambda: choose_library(["libcudart.so.missing"]))
    with pytest.raises(BackendUnavailableError, match=r"libcudart.* is not found: .*pip install"):
        use("tensorrt", action)


def test_bindings_whose_libraries_do_not_load_are_reported_with_the_loaders_words(tmp_path: Path) -> None:
    (tmp_path / "tensorrt.py").write_text(
        "raise ImportError('libnvinfer.so.10: cannot open shared object file')"
    )
    sys.modules.pop("tensorrt", None)
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(
            BackendUnavailableError, match="'tensorrt' is installed and does not load: libnvinfer"
        ):
            load_trt("tensorrt")
    finally:
        sys.path.remove(str(tmp_path))


@pytest.mark.parametrize("action", ["open", "probe", "describe"])
def test_an_onnxruntime_that_does_not_load_is_reported_with_the_loaders_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, action: str
) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('libonnxruntime.so.1: no such file')")
    monkeypatch.delitem(sys.modules, "edge_runtime.backends.ort.session", raising=False)
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(
        BackendUnavailableError, match=r"does not load: libonnxruntime\.so\.1.*--force-reinstall"
    ):
        use("ort-cpu", action)


def test_a_provider_that_onnx_runtime_lacks_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_ort.onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(
        BackendUnavailableError, match=r"CUDAExecutionProvider.*pip install 'edge-asr\[gpu\]'"
    ):
        probe_target("ort-cuda", SessionOptions())


def test_an_engine_is_described_by_its_library_and_the_gpu_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rig = make_rig(tmp_path)
    rig.trt.__version__ = "10.3.0"
    monkeypatch.setattr(session_trt, "load_trt", lambda _: rig.trt)
    monkeypatch.setattr(session_trt, "load_cuda", lambda: rig.cuda)
    described = engine_environment("tensorrt", SessionOptions(device_id=1))
    assert (described.builder, described.version) == ("tensorrt", "10.3.0")
    gpu = rig.cuda.is_device
    assert (described.gpu, described.compute_capability) == (gpu.name, gpu.compute_capability)
    assert (described.driver, described.gpu_memory) == (gpu.driver, gpu.memory)
    with pytest.raises(BackendUnavailableError, match="invalid device ordinal"):
        engine_environment("tensorrt", SessionOptions(device_id=NUM_DEVICES))


def test_no_memory_to_load_a_back_end_says_nothing_of_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reason = "libonnxruntime.so.1: failed to map segment from shared object: Cannot allocate memory"
    (tmp_path / "onnxruntime.py").write_text(f"raise ImportError({reason!r})")
    monkeypatch.delitem(sys.modules, "edge_runtime.backends.ort.session", raising=False)
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ResourceError, match="no memory to load its back end") as caught:
        probe_target("ort-cpu", SessionOptions())
    assert "--force-reinstall" not in str(caught.value)


def test_a_jetson_is_not_sent_to_the_packages_of_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_ort.onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    monkeypatch.setattr("edge_runtime.backends.ort.library.is_jetson", lambda: True)
    with pytest.raises(
        BackendUnavailableError, match="On a Jetson use a bundle for `--target tensorrt`"
    ) as e:
        probe_target("ort-cuda", SessionOptions())
    assert "pip install" not in str(e.value)


def use(target: Target, action: str) -> None:
    if action == "probe":
        probe_target(target, SessionOptions())
    elif action == "describe":
        engine_environment(target, SessionOptions())
    else:
        open_session(target, ENCODER_COMPONENT, Path("x.onnx"), SessionOptions())
