"""CUDA and the GPUs: what the probe says, and whether there is an NVIDIA GPU that it does not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import Finding, Jetson
from edge_runtime.doctor.sentences import first_sentence
from edge_runtime.doctor.trials.gpu_trial import CudaFacts
from edge_runtime.doctor.trials.trial import Trial

_NVIDIA: Final = "0x10de"
_DISPLAY: Final = "0x03"
"""PCI class of graphics processors."""
_DEVICE_FILES: Final = ("dev/nvidia0", "dev/nvhost-gpu", "dev/nvgpu")
_GB: Final = 1e9


def cuda_facts(trial: Trial) -> CudaFacts | None:
    """Return what the probe of CUDA learned; None where no CUDA runtime was loaded."""
    return msgspec.convert(trial.facts, CudaFacts) if trial.facts else None


def has_nvidia_gpu(host: Host, jetson: Jetson | None, trial: Trial) -> bool:
    """Return whether there is an NVIDIA GPU, usable or not."""
    if trial.passed or jetson is not None or any(map(host.exists, _DEVICE_FILES)):
        return True
    return any(
        host.text(f"{name}/vendor") == _NVIDIA and host.text(f"{name}/class").startswith(_DISPLAY)
        for name in (str(path.relative_to(host.root)) for path in host.files("sys/bus/pci/devices/*"))
    )


def gpu_findings(trial: Trial, *, has_gpu: bool, jetson: Jetson | None) -> Iterator[Finding]:
    """Yield what the probe of CUDA says.

    Args:
        trial: of the probe `gpu`.
        has_gpu: whether there is an NVIDIA GPU.
        jetson: the Jetson that this is.
    """
    facts = cuda_facts(trial)
    if facts is not None and facts.versions.driver and not facts.is_supported:
        yield _version_finding(facts, trial, jetson)
    if trial.passed and facts is not None:
        for number, gpu in enumerate(facts.gpus):
            free = "shared with the host" if gpu.unified else f"{gpu.free_memory / _GB:.1f} GB free"
            memory = f"{gpu.memory / _GB:.1f} GB ({free})"
            message = f"{gpu.name}, compute capability {gpu.compute_capability}, {memory}."
            yield Finding(code=f"gpu.{number}", status="ok", message=message)
    elif has_gpu:
        reason = first_sentence(trial.reason)
        message = f"There is an NVIDIA GPU, and CUDA cannot use it: {reason}"
        hint = "sudo apt install nvidia-jetpack" if jetson is not None else trial.hint or "nvidia-smi"
        yield Finding(code="gpu", status="failed", message=message, hint=hint, detail=trial.reason)
    else:
        yield Finding(code="gpu", status="ok", message="There is no NVIDIA GPU; bundles for CPUs need none.")


def _version_finding(facts: CudaFacts, trial: Trial, jetson: Jetson | None) -> Finding:
    versions = facts.versions
    message = (
        f"The CUDA runtime is {versions.runtime} ({versions.library}), and the driver supports CUDA "
        f"{versions.driver}."
    )
    major = str(versions.driver).partition(".")[0]
    package = "nvidia-cuda-runtime" if major == "13" else f"nvidia-cuda-runtime-cu{major}"
    hint = "sudo apt install nvidia-jetpack" if jetson is not None else f"pip install {package}"
    # A driver runs newer minor versions of its own major version, which the probe shows.
    return Finding(
        code="versions.cuda", status="ok" if trial.passed else "failed", message=message, hint=hint
    )
