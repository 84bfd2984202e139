"""The real Python bindings of `tensorrt`, imported without its libraries.

The bindings need nine functions of three shared libraries to load. Stubs that return null suffice to read
names and signatures; no object can be created.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[4]
CACHE = _ROOT / "build" / "trt-wheels"
_PACKAGES = {"10.3.0": "tensorrt-cu12-bindings"}
_NEWER = "tensorrt-cu13-bindings"
_LIBRARIES = ("nvinfer", "nvinfer_plugin", "nvonnxparser")
_FUNCTIONS = (
    "void *createInferBuilder_INTERNAL(void *logger, int version)",
    "void *createInferRefitter_INTERNAL(void *engine, void *logger, int version)",
    "void *createInferRuntime_INTERNAL(void *logger, int version)",
    "void *createNvOnnxParser_INTERNAL(void *network, void *logger, int version)",
    "void *createNvOnnxParserRefitter_INTERNAL(void *refitter, void *logger, int version)",
    "void *getBuilderPluginRegistry(int capability)",
    "void *getPluginRegistry(void)",
    "int getNvOnnxParserVersion(void)",
    "int initLibNvInferPlugins(void *logger, const char *space)",
)
_DESCRIBE = Path(__file__).with_name("describe_names.py")


def describe(version: str, names: list[str], folder: Path) -> dict[str, Any]:
    """Return the signatures of dotted names in the bindings of a version.

    Args:
        version: of the wheel.
        names: as `Builder.create_network`.
        folder: to unpack and compile in.

    Returns:
        name → None where it is absent, else its signatures, as the bindings document them.
    """
    unpacked = folder / "bindings"
    with zipfile.ZipFile(_wheel(version)) as wheel:
        wheel.extractall(unpacked)
    compile_stubs(folder / "lib", version.split(".", 1)[0])
    return described_by(
        "tensorrt_bindings", names, {"LD_LIBRARY_PATH": folder / "lib", "PYTHONPATH": unpacked}
    )


def described_by(module: str, names: list[str], paths: dict[str, Path]) -> dict[str, Any]:
    """Inspect an installed or unpacked module in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(_DESCRIBE), module],
        input=json.dumps(names),
        env={**os.environ, **{name: str(path) for name, path in paths.items()}},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    actual: dict[str, Any] = json.loads(done.stdout)
    return actual


def _wheel(version: str) -> Path:
    """Return the wheel for this Python, fetched once."""
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    package = _PACKAGES.get(version, _NEWER)
    pattern = f"{package.replace('-', '_')}-{version}-{tag}-*.whl"
    if not list(CACHE.glob(pattern)):
        _fetch(f"{package}=={version}")
    actual = list(CACHE.glob(pattern))
    if not actual:
        pytest.skip(f"no wheel {pattern} in {CACHE}")
    return actual[0]


def _fetch(requirement: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(CACHE)]
    done = subprocess.run([*command, requirement], check=False, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"{requirement} cannot be fetched: {done.stderr.strip().splitlines()[-1]}")


def compile_stubs(folder: Path, major: str) -> None:
    """Compile the libraries of a major version, with functions that return null."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for the stub libraries")
    folder.mkdir()
    source = folder / "stub.c"
    source.write_text("".join(f"{head} {{ return 0; }}\n" for head in _FUNCTIONS), "ascii")
    for library in _LIBRARIES:
        name = f"lib{library}.so.{major}"
        command = [compiler, "-shared", "-fPIC", "-w", f"-Wl,-soname,{name}", "-o", str(folder / name)]
        subprocess.run([*command, str(source)], check=True)
