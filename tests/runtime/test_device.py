"""A device that is named is used or refused, never replaced."""

from __future__ import annotations

from typing import get_args

import pytest

from edge_runtime.device import require_device
from edge_runtime.errors import BackendUnavailableError, UsageError
from edge_runtime.manifest import Target

CUDA_TARGETS = sorted(set(get_args(Target)) - {"ort-cpu"})


@pytest.mark.parametrize("target", get_args(Target))
def test_auto_fits_every_target(target: Target) -> None:
    require_device("auto", target)


def test_a_device_fits_the_bundles_that_are_for_it() -> None:
    require_device("cpu", "ort-cpu")
    for target in CUDA_TARGETS:
        require_device("cuda", target)  # type: ignore[arg-type]


def test_another_device_than_the_bundles_is_refused_with_the_way_out() -> None:
    with pytest.raises(BackendUnavailableError, match="Use --device cpu, or build a bundle for 'cuda'"):
        require_device("cuda", "ort-cpu")
    for target in CUDA_TARGETS:
        with pytest.raises(BackendUnavailableError, match="Use --device cuda"):
            require_device("cpu", target)  # type: ignore[arg-type]


@pytest.mark.parametrize("device", ["", "CPU", "gpu", "cuda:0", "npu"])
def test_an_unknown_device_is_a_usage_error(device: str) -> None:
    with pytest.raises(UsageError, match="choose one of auto, cpu, cuda"):
        require_device(device, "ort-cpu")
