"""What is to be installed depends on the machine: JetPack's packages on a Jetson, pip's elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from edge_runtime.backends.advice import EXTRAS, install_advice
from edge_runtime.bundle.manifest import Target

RELEASE = "etc/nv_tegra_release"


def _tree(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


@pytest.mark.parametrize("target", get_args(Target))
def test_elsewhere_it_is_the_extra_of_the_target(tmp_path: Path, target: Target) -> None:
    assert install_advice(target, tmp_path) == f"Install it with `pip install 'edge-asr[{EXTRAS[target]}]'`."


@pytest.mark.parametrize("target", ["ort-cuda", "tensorrt", "tensorrt-rtx"])
def test_a_jetson_gets_none_of_pips_packages_for_servers(tmp_path: Path, target: Target) -> None:
    advice = install_advice(target, _tree(tmp_path, RELEASE))
    assert "Jetson" in advice
    assert "pip install" not in advice


def test_a_jetson_gets_tensorrt_from_jetpack_and_onnx_runtime_for_cpus_from_pip(tmp_path: Path) -> None:
    _tree(tmp_path, RELEASE)
    assert "apt install tensorrt python3-libnvinfer" in install_advice("tensorrt", tmp_path)
    assert "--system-site-packages" in install_advice("tensorrt", tmp_path)
    assert "edge-asr[cpu]" in install_advice("ort-cpu", tmp_path)


@pytest.mark.parametrize("jetson", [True, False])
def test_bindings_of_the_system_that_an_environment_hides_are_named(tmp_path: Path, *, jetson: bool) -> None:
    module = "usr/lib/python3.10/dist-packages/tensorrt/__init__.py"
    advice = install_advice("tensorrt", _tree(tmp_path, module, *([RELEASE] if jetson else [])))
    assert "is installed for python3.10 of the system" in advice
    assert "`python3.10 -m venv --system-site-packages`" in advice
    assert "pip install" not in advice
