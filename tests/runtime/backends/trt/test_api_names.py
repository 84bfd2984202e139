"""The libraries have every name that is listed, and the runtime uses no other."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

import edge_runtime
from tests.support.tensorrt_names import (
    CALLS,
    EITHER,
    EVERYWHERE,
    OPTIONAL,
    RTX,
)

SOURCE = Path(edge_runtime.__file__).parent / "backends"
FILES = ("library", "engine", "context", "kernel_cache")
OWNERS = r"(?:\b(?<!\.)(?:trt|context|runtime)|_trt|self\._engine|_context|config|self\._cache)"


@pytest.fixture(scope="module")
def trt() -> Any:
    return pytest.importorskip("tensorrt_rtx")


def find(module: Any, name: str) -> Any:
    return reduce(getattr, name.split("."), module)


def test_tensorrt_rtx_has_every_name(trt: Any) -> None:
    for name in (*EVERYWHERE, *RTX):
        find(trt, name)
    for names in EITHER:
        find(trt, names[0])


@pytest.mark.parametrize(("name", "arguments"), [*CALLS.items(), *OPTIONAL.items()])
def test_tensorrt_rtx_takes_the_arguments_in_their_order(
    trt: Any, name: str, arguments: tuple[str, ...]
) -> None:
    documented = str(find(trt, name).__doc__)
    pattern = (
        r"\(self: [^,]+, " + ", ".join(rf"{argument}: [^)]*?" for argument in arguments) + r"( = .*)?\) ->"
    )
    assert re.search(pattern, documented), documented


def test_every_call_of_a_library_is_listed() -> None:
    listed = {*EVERYWHERE, *CALLS, *OPTIONAL, *RTX, *(name for names in EITHER for name in names)}
    parts = {part for name in listed for part in name.split(".")}
    text = "".join((SOURCE / "trt" / f"{name}.py").read_text("utf-8") for name in FILES)
    used = set(re.findall(OWNERS + r"\.(\w+)", text))
    # `self._engine` is the project's own class in one file and TensorRT's in the other.
    assert used - parts - {"call", "report_refused_capture", "new_context", "scratch_bytes"} == set()
