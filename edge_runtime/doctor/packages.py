"""Python packages that do not go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from edge_runtime.doctor.report import Finding
from edge_runtime.doctor.trials.trial import Trial

_ONNXRUNTIMES: Final = ("onnxruntime", "onnxruntime-gpu")


def installed_onnxruntimes() -> dict[str, str]:
    """Return name and version of the packages that bring the module `onnxruntime`."""
    releases = {name: _release(name) for name in _ONNXRUNTIMES}
    return {name: release for name, release in releases.items() if release is not None}


def package_findings(installed: Mapping[str, str], cpu: Trial, cuda: Trial) -> Iterator[Finding]:
    """Yield whether the packages of ONNX Runtime overwrite each other.

    Args:
        installed: as `installed_onnxruntimes` returns it.
        cpu: of the probe `ort-cpu`.
        cuda: of the probe `ort-cuda`.
    """
    code = "versions.onnxruntime"
    if len(installed) > 1:
        stated = " and ".join(f"{name} {release}" for name, release in installed.items())
        actual = f"the module is {cpu.version}" if cpu.version else "the module does not load"
        gpu = "has its GPU part" if cuda.passed else "does not run on a GPU"
        message = f"{stated} overwrite each other in one folder: {actual} and {gpu}."
        hint = "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'edge-asr[gpu]'"
        yield Finding(code=code, status="warning", message=message, hint=hint)
    elif cpu.version and installed and cpu.version not in installed.values():
        (release,) = installed.values()
        message = f"The module onnxruntime is {cpu.version}, and its package is {release}."
        hint = "pip install --force-reinstall 'edge-asr[cpu]'"
        yield Finding(code=code, status="warning", message=message, hint=hint)


def _release(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
