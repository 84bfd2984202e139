"""A device that is named is used or refused, never replaced."""

from __future__ import annotations

from typing import get_args

import pytest

from edge_runtime.backends.cuda.runtime import cuda_error
from edge_runtime.backends.device import Probe, require_device, why_unusable
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.manifest import Target
from edge_runtime.errors import BackendUnavailableError, ResourceError, UsageError

CUDA_TARGETS = sorted(set(get_args(Target)) - {"ort-cpu"})


def only(*usable: Target) -> Probe:
    """Return a probe that finds these targets usable."""

    def probe(target: Target, options: SessionOptions) -> None:
        if target not in usable:
            raise BackendUnavailableError(f"No {target} here.")

    return probe


@pytest.mark.parametrize("target", get_args(Target))
def test_auto_takes_a_bundle_whose_target_runs_here(target: Target) -> None:
    require_device("auto", target, only(target))


def test_auto_refuses_a_target_that_does_not_run_and_names_those_that_do() -> None:
    with pytest.raises(BackendUnavailableError) as caught:
        require_device("auto", "tensorrt", only("ort-cpu", "tensorrt-rtx"))
    assert str(caught.value) == (
        "This bundle targets 'tensorrt', which does not run here: No tensorrt here. "
        "Bundles that would run here: ort-cpu, tensorrt-rtx."
    )


def test_auto_on_a_machine_that_runs_nothing_says_so() -> None:
    with pytest.raises(BackendUnavailableError, match=r"would run here: none\.$"):
        require_device("auto", "ort-cpu", only())


def test_a_named_device_is_not_probed_for_loading_will_tell() -> None:
    require_device("cuda", "tensorrt", only())
    require_device("cpu", "ort-cpu", only())


def test_the_probe_of_the_cpu_runs_a_graph() -> None:
    assert why_unusable("ort-cpu") is None


@pytest.mark.parametrize("code", [35, 2, 700, 1])
def test_any_failure_of_a_probe_is_a_reason_and_not_a_crash(code: int) -> None:
    def probe(target: Target, options: SessionOptions) -> None:
        raise cuda_error("cudaMalloc", code, "cudaErrorOfSomeKind", "text")

    assert "cudaErrorOfSomeKind" in (why_unusable("tensorrt", probe) or "")


def starved(target: Target, options: SessionOptions) -> None:
    raise ResourceError("No memory.")


def test_a_machine_without_memory_says_nothing_of_the_cpu_and_rules_a_gpu_out() -> None:
    with pytest.raises(ResourceError, match=r"No memory\."):
        why_unusable("ort-cpu", starved)
    assert why_unusable("tensorrt", starved) == "No memory."


def test_a_device_fits_the_bundles_that_are_for_it() -> None:
    require_device("cpu", "ort-cpu")
    for target in CUDA_TARGETS:
        require_device("cuda", target)  # type: ignore[arg-type]


def test_a_gpu_is_named_by_its_number() -> None:
    assert require_device("cuda:1", "tensorrt") == 1
    assert require_device("cuda", "tensorrt") == require_device("cuda:0", "tensorrt") == 0
    assert require_device("cpu", "ort-cpu") == 0
    with pytest.raises(BackendUnavailableError, match=r"'cuda:1' was asked for.*build a bundle for 'cuda'"):
        require_device("cuda:1", "ort-cpu")


def test_another_device_than_the_bundles_is_refused_with_the_way_out() -> None:
    with pytest.raises(BackendUnavailableError, match="Use --device cpu, or build a bundle for 'cuda'"):
        require_device("cuda", "ort-cpu")
    for target in CUDA_TARGETS:
        with pytest.raises(BackendUnavailableError, match="Use --device cuda"):
            require_device("cpu", target)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("alias", "number"), [("gpu", 0), ("GPU:1", 1), ("CUDA:2", 2), (" cuda ", 0)], ids=repr
)
def test_a_gpu_has_the_names_of_other_programs(alias: str, number: int) -> None:
    assert require_device(alias, "tensorrt") == number


def test_case_does_not_matter() -> None:
    assert require_device("CPU", "ort-cpu") == require_device("cpu", "ort-cpu")


@pytest.mark.parametrize("device", ["", "npu", "gpu:", "cuda:", "cuda:-1", "cuda:x", "cpu:1", "auto:0"])
def test_an_unknown_device_is_a_usage_error(device: str) -> None:
    with pytest.raises(UsageError, match="choose one of auto, cpu, cuda"):
        require_device(device, "ort-cpu")
