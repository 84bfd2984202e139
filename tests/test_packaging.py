"""What is in the wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MIB = 1 << 20

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = directory.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, in a folder that is no checkout."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _run_unpacked(unpacked: Path, code: str) -> str:
    """Return what a program prints that imports the wheel's packages and not the checkout's."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=unpacked,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_three_packages_and_its_metadata(names: list[str]) -> None:
    top_level = {name.partition("/")[0] for name in names}
    (metadata,) = {name for name in top_level if name.endswith(".dist-info")}
    assert top_level == {"edge_runtime", "edge_export", "edge_bench", metadata}


def test_the_metadata_holds_licence_notices_and_sbom(names: list[str]) -> None:
    metadata = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
    assert {"licenses/LICENSE", "licenses/THIRD_PARTY_NOTICES.md", "sboms/edge-asr.cdx.json"} <= metadata


def test_the_wheel_is_small(wheel: Path) -> None:
    # 6.3 MiB of it are the mini model's bundle.
    assert wheel.stat().st_size < 7 * MIB


def test_the_wheel_holds_one_bundle_no_audio_and_nothing_compiled(names: list[str]) -> None:
    refused = (".safetensors", ".onnx", ".data", ".npz", ".wav", ".pyc", ".so")
    binary = [name for name in names if name.endswith(refused)]
    assert {name.rpartition("/")[0] for name in binary} == {"edge_runtime/data/mini.ort-cpu.int8"}
    assert not any(name.endswith((".safetensors", ".wav", ".pyc", ".so")) for name in binary)


def test_the_wheels_bundle_transcribes_without_a_checkout(unpacked: Path) -> None:
    clip = ROOT / "tests" / "clips" / "en-00001.flac"
    code = f"""
import runpy, sys
sys.argv = ["edge-asr", "run", "--model", "mini", "--quiet", {str(clip)!r}]
runpy.run_module("edge_runtime", run_name="__main__", alter_sys=True)
"""
    assert _run_unpacked(unpacked, code) == "Call the doctor at two thirty two.\n"


_RECIPES = """
import json
import edge_export
from edge_export.engine.platforms import find_platform
from edge_export.engine.recipes.recipe import shipped_recipes
assert find_platform("jetpack-6.2", None, None) is not None
print(json.dumps({"package": edge_export.__file__, "recipes": sorted(shipped_recipes())}))
"""


def test_an_installed_wheel_finds_its_recipes_without_a_checkout(unpacked: Path) -> None:
    printed = json.loads(_run_unpacked(unpacked, _RECIPES))
    assert Path(printed["package"]).is_relative_to(unpacked)
    assert printed["recipes"] == sorted(path.stem for path in (ROOT / "engines" / "recipes").glob("*.toml"))
    assert "generic" in printed["recipes"]


@pytest.mark.parametrize("package", ["edge_runtime", "edge_export", "edge_bench"])
def test_every_module_and_the_type_marker_are_in_the_wheel(names: list[str], package: str) -> None:
    (source,) = [path for path in (ROOT, ROOT / "export", ROOT / "bench") if (path / package).is_dir()]
    modules = {str(path.relative_to(source)) for path in (source / package).rglob("*.py")}
    assert modules | {f"{package}/py.typed"} <= set(names)


def test_the_wheel_names_its_command_and_plugins(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entry_points,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        content = archive.read(entry_points).decode()
    for line in (
        "edge-asr = edge_runtime.cli:main",
        "[edge_asr.commands]",
        "export = edge_export.cli:register",
        "[edge_asr.gates]",
        "asr = edge_bench.gate.build_gate:open_gate",
        "aligner = edge_bench.gate.build_gate:open_aligner_gate",
    ):
        assert line in content
