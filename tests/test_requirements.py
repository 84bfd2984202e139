"""What `make setup` installs: the lock covers the ranges of pyproject.toml, and torch comes without CUDA."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

tomllib = pytest.importorskip("tomllib")

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements"
LOCK = REQUIREMENTS / "lock.txt"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
CPU_INDEX = "https://example.invalid/whl/cpu"
CUDA_INDEX = "https://example.invalid/whl/cu130"
URL = "https://example.invalid/torch.whl"
ON_LINUX = "nvidia-cublas==13; platform_system == 'Linux'"
ELSEWHERE = "nvidia-cublas==13; platform_system == 'Nowhere'"
OPTIONAL = "triton==3; extra == 'gpu'"


def locked(python: str) -> dict[str, str]:
    """Return name → version of what the lock holds for a version of Python on Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": "linux"}
    lines = (line.partition("#")[0].strip() for line in LOCK.read_text("utf-8").splitlines())
    pins = [Requirement(line) for line in lines if line]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment)]
    assert all(str(pin.specifier).startswith("==") for pin in here)
    versions = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in here}
    assert len(versions) == len(here), "a package has two versions"
    return versions


def declared(extra: str | None = None) -> Iterator[Requirement]:
    """Yield what pyproject.toml requires, with what the extra brings in turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    for requirement in map(Requirement, lines):
        if requirement.name != project["name"]:
            yield requirement
        for inner in sorted(requirement.extras):
            yield from declared(inner)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_a_version_inside_every_range(python: str) -> None:
    # Where this fails, `make lock UPGRADE=` follows a change of pyproject.toml.
    versions, environment = locked(python), {"python_version": python}
    required = [*declared(), *declared("dev"), *declared("ja")]
    here = [each for each in required if each.marker is None or each.marker.evaluate(environment)]
    assert len(here) > 20
    for requirement in here:
        if requirement.name != "torch":
            assert versions[canonicalize_name(requirement.name)] in requirement.specifier, requirement


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_neither_torch_nor_its_cuda(python: str) -> None:
    # Where this fails, add the packages to requirements/excluded.txt.
    cuda = {name for name in locked(python) if name.startswith(("nvidia-", "cuda-"))}
    # TensorRT-RTX needs the CUDA runtime, a small library, and does not bring it; ml-py is Python alone.
    small = {"nvidia-cuda-runtime", "nvidia-ml-py"}
    assert cuda - small | {"torch", "triton", "dynet38"} & set(locked(python)) == set()


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, REQUIREMENTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def script() -> ModuleType:
    return _script("install_torch")


@pytest.fixture
def commands() -> list[list[str]]:
    """The commands that were run."""
    return []


def pip_finds(
    build: dict[str, Any] | None, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let pip report that it would install a build."""

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, json.dumps({"install": [build] if build else []}))

    monkeypatch.setattr(subprocess, "run", run)


def build_of(*requires: str) -> dict[str, Any]:
    return {"metadata": {"requires_dist": ["sympy", *requires]}, "download_info": {"url": URL}}


@pytest.mark.parametrize(
    ("requires", "index"),
    [((), CPU_INDEX), ((ELSEWHERE,), CPU_INDEX), ((OPTIONAL,), CPU_INDEX + "/"), ((ON_LINUX,), CUDA_INDEX)],
)
def test_the_build_that_pip_found_is_installed_with_the_lock(
    script: ModuleType,
    requires: tuple[str, ...],
    index: str,
    commands: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pip_finds(build_of(*requires), commands, monkeypatch)
    script.main("torch==2", index, "lock.txt")
    asked, installed = commands
    assert asked[-3:] == ["--extra-index-url", index, "torch==2"]
    assert {"--dry-run", "--timeout", "--retries"} < set(asked)
    assert installed[-3:] == ["--constraint", "lock.txt", f"torch @ {URL}"]


def test_a_build_with_cuda_is_not_installed_unasked(
    script: ModuleType, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_finds(build_of(ON_LINUX), commands, monkeypatch)
    with pytest.raises(SystemExit, match=r"(?s)torch==2.*requires CUDA.*TORCH_INDEX=URL"):
        script.main("torch==2", CPU_INDEX, "lock.txt")
    assert len(commands) == 1


def test_an_environment_that_has_torch_is_left_alone(
    script: ModuleType, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_finds(None, commands, monkeypatch)
    script.main("torch==2", CPU_INDEX, "lock.txt")
    assert len(commands) == 1


def test_the_extras_are_resolved_for_every_machine_that_the_documents_name() -> None:
    script = _script("check_extras")
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    installed = set(optional) - {"modelscope", "bench", "ja", "dev"}
    assert {*chain(*script.TOGETHER)} == set(script.EXPECTED) == installed
    places = {(machine.platform.split("-")[0], machine.python) for machine in script.MACHINES}
    assert places == {(cpu, python) for cpu in ("x86_64", "aarch64") for python in ("3.10", "3.12")}


@pytest.mark.parametrize(
    ("extra", "names", "complaint"),
    [
        ("cpu", "numpy==2\nonnxruntime==1.32", None),
        ("cpu", "numpy==2", "brings no ['onnxruntime']"),
        ("cpu", "onnxruntime==1.32\nnvidia-cublas==13", "['nvidia-cublas'] though it must not"),
    ],
)
def test_an_extra_that_brings_too_little_or_too_much_is_a_problem(
    extra: str, names: str, complaint: str | None
) -> None:
    script = _script("check_extras")
    done = subprocess.CompletedProcess([], 0, names, "")
    problem = script.problem(extra, script.MACHINES[0], done)
    assert problem is None if complaint is None else complaint in problem
