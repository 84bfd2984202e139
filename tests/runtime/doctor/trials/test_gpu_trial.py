"""The probe of CUDA over a libcudart of C, and the network that TensorRT runs."""

from __future__ import annotations

from ctypes import memmove, string_at
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.doctor.trials import gpu_trial, trt_trial
from edge_runtime.doctor.trials.gpu_trial import CudaFacts
from edge_runtime.errors import BackendUnavailableError, GraphError
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_tensorrt import DataType, ILogger


def test_each_gpu_is_written_to_and_described(
    fake_cudart: Any, fake_cudart_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_trial, "library_paths", lambda: [fake_cudart_path])
    trial = gpu_trial.describe_gpus()
    facts = msgspec.convert(trial.facts, CudaFacts)
    assert trial.passed
    assert (facts.versions.runtime, facts.versions.driver, facts.is_supported) == ("12.6", "12.6", True)
    gpu = facts.gpus[0]
    assert (gpu.name, gpu.compute_capability, gpu.multiprocessors, gpu.unified) == ("Orin", "8.7", 16, True)
    assert (gpu.memory, gpu.free_memory) == (7_600_000_000, 5_000_000_000)
    assert "cudaMemsetAsync" in fake_cudart.test_calls().decode()


def test_a_driver_that_is_too_old_is_described_with_both_versions(
    fake_cudart: Any, fake_cudart_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_cudart.test_versions(13_040, 12_060)
    fake_cudart.test_plant(b"cudaSetDevice", 35)
    monkeypatch.setattr(gpu_trial, "library_paths", lambda: [fake_cudart_path])
    trial = gpu_trial.describe_gpus()
    facts = msgspec.convert(trial.facts, CudaFacts)
    assert trial.outcome == "failed"
    assert "supports CUDA 12.6" in trial.reason
    assert (facts.versions.runtime, facts.versions.driver, facts.is_supported) == ("13.4", "12.6", False)


class Negation:
    """TensorRT with the calls that a network of one layer needs; `sign` plants a wrong result."""

    __version__ = "10.3.0"
    ILogger = ILogger
    DataType = DataType
    UnaryOperation = SimpleNamespace(NEG="neg")
    NetworkDefinitionCreationFlag = SimpleNamespace(STRONGLY_TYPED=1)

    def __init__(self, cuda: FakeCuda, sign: float = -1.0, *, fails_at: str = "") -> None:
        self.cuda = cuda
        self.sign = sign
        self.fails_at = fails_at
        self.flags = 0
        self.layers: list[tuple[Any, ...]] = []
        self.addresses: dict[str, int] = {}
        self.logger: Any = None

    def Builder(self, logger: Any) -> Any:  # noqa: N802
        self.logger = logger
        return SimpleNamespace(
            create_network=self.create_network,
            create_builder_config=SimpleNamespace,
            build_serialized_network=lambda _network, _config: self.answer("build", b"plan"),
        )

    def Runtime(self, logger: Any) -> Any:  # noqa: N802
        self.logger = logger
        engine = SimpleNamespace(create_execution_context=self.context)
        return SimpleNamespace(deserialize_cuda_engine=lambda _plan: self.answer("load", engine))

    def create_network(self, flags: int) -> Any:
        self.flags = flags
        output = SimpleNamespace(name="")
        return SimpleNamespace(
            add_input=lambda *arguments: self.layers.append(arguments) or "x",
            add_unary=lambda *arguments: (
                self.layers.append(arguments) or SimpleNamespace(get_output=lambda _: output)
            ),
            mark_output=lambda tensor: self.layers.append((tensor.name,)),
        )

    def context(self) -> Any:
        return SimpleNamespace(set_tensor_address=self.set_tensor_address, execute_async_v3=self.execute)

    def set_tensor_address(self, name: str, address: int) -> bool:
        self.addresses[name] = address
        return True

    def execute(self, _stream: int) -> bool:
        def work() -> None:
            x: Array = np.frombuffer(string_at(self.addresses["x"], 16), np.float32)
            memmove(self.addresses["y"], (np.float32(self.sign) * x).tobytes(), 16)

        self.cuda.enqueue(work)
        return bool(self.answer("run", value=True))

    def answer(self, call: str, value: Any) -> Any:
        if call == self.fails_at:
            self.logger.log(ILogger.Severity.ERROR, "CUDA initialization failure with error: 35")
            return None
        return value


def test_tensorrt_builds_and_runs_a_strongly_typed_network() -> None:
    cuda = FakeCuda()
    trt = Negation(cuda)
    trt_trial.negate_on_gpu(trt, cuda)
    assert trt.flags == 1 << 1
    assert trt.layers == [("x", DataType.FLOAT, (4,)), ("x", "neg"), ("y",)]


def test_a_wrong_result_is_a_failure() -> None:
    cuda = FakeCuda()
    with pytest.raises(GraphError, match=r"computed \[1\.0, 2\.0, 3\.0, 4\.0\] as the negation"):
        trt_trial.negate_on_gpu(Negation(cuda, sign=1.0), cuda)


@pytest.mark.parametrize("call", ["build", "load", "run"])
def test_what_tensorrt_logs_is_the_reason(call: str) -> None:
    cuda = FakeCuda()
    with pytest.raises(BackendUnavailableError, match="a network of one layer: CUDA initialization failure"):
        trt_trial.negate_on_gpu(Negation(cuda, fails_at=call), cuda)


def test_a_real_library_builds_the_network() -> None:
    trt = pytest.importorskip("tensorrt_rtx")
    assert trt_trial.build_negation(trt).nbytes > 0
