"""A libcudart compiled for tests: fixtures that a `conftest.py` imports."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from ctypes import CDLL, c_char_p, c_int
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[1] / "runtime" / "backends" / "cuda" / "fake_cudart.c"


@pytest.fixture(scope="session")
def fake_cudart_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler")
    path = tmp_path_factory.mktemp("cuda") / "libcudart.so.12"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(path), str(SOURCE)], check=True)
    return str(path)


@pytest.fixture
def fake_cudart(fake_cudart_path: str) -> Iterator[Any]:
    """The library, with what it recorded: `test_calls()` and its neighbours."""
    library = CDLL(fake_cudart_path)
    library.test_calls.restype = c_char_p
    library.test_plant.argtypes = (c_char_p, c_int)
    library.test_reset()
    yield library
    library.test_reset()
