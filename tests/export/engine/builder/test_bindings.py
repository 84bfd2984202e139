"""The real bindings of `tensorrt` and `tensorrt_rtx` have every name the builder uses, with its arguments."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from tests.export.engine.support.api_names import OWNERS, TABLES, USERS, Use
from tests.export.engine.support.stub_bindings import describe, described_by

ENGINE = Path(__file__).parents[4] / "export" / "edge_export" / "engine"
VERSIONS = {"10.3": "10.3.0", "10.16": "10.16.1.11", "11.4": "11.4.0.106"}
NAMES = sorted({name for table in TABLES.values() for name in table})


@pytest.fixture(scope="module", params=[*VERSIONS, "rtx"])
def bindings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any]:
    """A library's short name, and the signatures of every name in its bindings."""
    library = request.param
    if library == "rtx":
        pytest.importorskip("tensorrt_rtx")
        return library, described_by("tensorrt_rtx", NAMES, {})
    return library, describe(VERSIONS[library], NAMES, tmp_path_factory.mktemp("bindings"))


def problems(library: str, actual: dict[str, Any], table: dict[str, Use]) -> list[str]:
    """Return names missing from the bindings, and names present that the table calls absent."""
    rejected = []
    for name, use in table.items():
        message = actual[name]
        if (message is not None) != (library in use.where):
            rejected.append(f"{name}: {'missing' if message is None else 'there'}")
        elif use.arguments is not None and message is not None and not _accepts(message, use.arguments):
            rejected.append(f"{name}{use.arguments}: {message}")
    return rejected


def _accepts(signatures: list[str], arguments: tuple[str, ...]) -> bool:
    return any(_arguments(signature) == arguments for signature in signatures)


def _arguments(signature: str) -> tuple[str, ...]:
    """Return the names of a documented signature's arguments, self apart."""
    inside = signature[signature.index("(") + 1 : signature.rindex(") ->")]
    return tuple(name for name in re.findall(r"(?:^|, )(\w+)(?=: )", inside) if name != "self")


@pytest.mark.parametrize("user", TABLES)
def test_every_name_and_argument_is_the_bindings_own(bindings: tuple[str, Any], user: str) -> None:
    library, actual = bindings
    assert problems(library, actual, TABLES[user]) == []


def test_a_missing_name_and_a_wrong_argument_would_be_seen() -> None:
    actual = {
        "Builder.gone": None,
        "Builder.create_network": ["create_network(self: Builder, flags: int = 0) -> Network"],
    }
    table = {"Builder.gone": Use(()), "Builder.create_network": Use(("flag",))}
    assert [text.split("(")[0] for text in problems("rtx", actual, table)] == [
        "Builder.gone: missing",
        "Builder.create_network",
    ]


@pytest.mark.parametrize("user", USERS)
def test_the_table_holds_every_name_that_the_code_uses(user: str) -> None:
    used = {name for file in USERS[user] for name in _used(ENGINE / file)}
    known = set(TABLES[user]) | {f"ILayer.{name}" for name in ("__class__", "attention")}
    assert used - known == set()
    assert len(used) > 20, "the code was looked through"


def _used(path: Path) -> set[str]:
    """Return the dotted names that a file reads of TensorRT's objects."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", None)
        if owner in OWNERS:
            names.add(f"{OWNERS[owner]}.{node.attr}".lstrip("."))
    return names
