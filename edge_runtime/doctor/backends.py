"""Which back ends pass a real inference here, and what to do about the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, get_args

from edge_runtime.backends.advice import BINDINGS, install_command
from edge_runtime.bundle.manifest import Target
from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import Backend, Finding, Jetson, Status
from edge_runtime.doctor.sentences import first_sentence
from edge_runtime.doctor.trials.trial import Trial

TARGETS: Final[tuple[Target, ...]] = get_args(Target)
_NAMES: Final[Mapping[Target, str]] = {
    "ort-cpu": "ONNX Runtime on the CPU",
    "ort-cuda": "ONNX Runtime on the GPU",
    "tensorrt": "TensorRT",
    "tensorrt-rtx": "TensorRT-RTX",
}
_JETPACK_HINT: Final = "sudo apt install nvidia-jetpack"
_VENV_HINT: Final = "python3 -m venv --system-site-packages .venv"
_UNINSTALL_CPU: Final = "pip uninstall -y onnxruntime && "
"""Both packages of ONNX Runtime write into one folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What decides how bad it is that a back end does not run.

    Attributes:
        host: the machine.
        jetson: the Jetson that it is.
        has_gpu: whether there is an NVIDIA GPU.
        needed: targets of the bundles here.
        has_gpu_package: whether `onnxruntime-gpu` is installed.
    """

    host: Host
    jetson: Jetson | None
    has_gpu: bool
    needed: AbstractSet[Target]
    has_gpu_package: bool


def backend_of(target: Target, trial: Trial) -> Backend:
    """Return how a probe went, as the report has it."""
    return Backend(
        target=target,
        passed=trial.passed,
        version=trial.version,
        seconds=trial.seconds,
        reason=trial.reason or None,
    )


def backend_findings(trials: Mapping[Target, Trial], situation: Situation) -> Iterator[Finding]:
    """Yield a verdict for each back end."""
    passing = {target for target, trial in trials.items() if trial.passed}
    for target, trial in trials.items():
        code = f"backend.{target}"
        if trial.passed:
            version = f" {trial.version}" if trial.version else ""
            message = f"{_NAMES[target]}{version} gave the right result in {trial.seconds:.1f} s."
            yield Finding(code=code, status="ok", message=message)
            continue
        missing = _is_missing(target, trial, situation)
        status = _status(target, situation, passing, missing=missing)
        hint = None if status == "ok" else _hint(target, trial, situation, missing=missing)
        message = _message(target, trial, situation, missing=missing)
        yield Finding(code=code, status=status, message=message, hint=hint, detail=trial.reason)


def codes_finding(trial: Trial, *, newer_exists: bool) -> Finding:
    """Return whether eight-bit products are exact, which `int8` and `int4` bundles for CPUs need.

    Args:
        trial: of the probe `codes`.
        newer_exists: whether this Python can have onnxruntime 1.30.
    """
    code = "backend.ort-cpu.codes"
    if trial.passed:
        return Finding(code=code, status="ok", message="Eight-bit products are exact, so int8 and int4 run.")
    message = (
        f"ONNX Runtime cannot multiply eight-bit codes here, so int8 and int4 bundles do not run: "
        f"{first_sentence(trial.reason)}"
    )
    hint = (
        "pip install --upgrade 'onnxruntime>=1.30'"
        if newer_exists
        else "edge-asr build-engines MODEL --precision fp32"
    )
    return Finding(code=code, status="failed", message=message, hint=hint, detail=trial.reason)


def _is_missing(target: Target, trial: Trial, situation: Situation) -> bool:
    # The package for CPUs has the module too, so the probe fails for want of the GPU's part.
    return trial.outcome == "missing" or (target == "ort-cuda" and not situation.has_gpu_package)


def _status(target: Target, situation: Situation, passing: AbstractSet[Target], *, missing: bool) -> Status:
    if target in situation.needed:
        return "failed"
    if not passing and target == _advised(situation):
        return "failed"
    if not missing:
        return "failed" if situation.has_gpu or target == "ort-cpu" else "warning"
    wants_gpu = situation.has_gpu and not passing - {"ort-cpu"}
    return "warning" if wants_gpu and target == _advised(situation) else "ok"


def _advised(situation: Situation) -> Target:
    """Return the back end to install where none runs."""
    return "tensorrt" if situation.has_gpu else "ort-cpu"


def _message(target: Target, trial: Trial, situation: Situation, *, missing: bool) -> str:
    name = _NAMES[target]
    if missing and _hides_tensorrt(target, situation):
        return f"{name} is installed in the system, and this Python environment does not see it."
    if missing:
        return f"{name} is not installed."
    if target != "ort-cpu" and not situation.has_gpu:
        return f"{name} is installed, and there is no NVIDIA GPU to run it."
    return f"{name} does not run: {first_sentence(trial.reason)}"


def _hint(target: Target, trial: Trial, situation: Situation, *, missing: bool) -> str | None:
    if situation.jetson is not None and target == "tensorrt":
        return _VENV_HINT if _hides_tensorrt(target, situation) else _JETPACK_HINT
    if situation.jetson is not None and target != "ort-cpu":
        # Their packages have no kernels for the GPU of a Jetson.
        return "edge-asr build-engines MODEL --target tensorrt"
    if missing:
        return _install(target)
    if trial.outcome in ("died", "timeout"):
        return f"{_install(target)} --force-reinstall"
    return trial.hint if situation.has_gpu or target == "ort-cpu" else None


def _install(target: Target) -> str:
    return f"{_UNINSTALL_CPU if target == 'ort-cuda' else ''}{install_command(target)}"


def _hides_tensorrt(target: Target, situation: Situation) -> bool:
    return target == "tensorrt" and bool(situation.host.files(BINDINGS))
