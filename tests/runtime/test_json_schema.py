"""A published schema is the same under every release of msgspec and of Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from edge_runtime.json_schema import schema_of


@dataclass
class Point:
    """A place.

    Attributes:
        x: in metres.

            Left is negative.
    """

    x: float


@dataclass
class Path:
    points: tuple[Point, ...]


MEANT = "A place.\n\nAttributes:\n    x: in metres.\n\n        Left is negative."


@pytest.mark.parametrize("indent", ["", "    ", "        "])
def test_a_description_is_the_docstring_without_its_indentation(
    indent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def schema(kind: type) -> dict[str, Any]:
        first, *rest = MEANT.split("\n")
        description = "\n".join([first, *(indent + line if line else "" for line in rest)])
        return {"$defs": {"Point": {"title": kind.__name__, "description": description}}}

    monkeypatch.setattr(msgspec.json, "schema", schema)
    assert schema_of(Point)["$defs"]["Point"]["description"] == MEANT


def test_the_installed_msgspec_gives_that_description_too() -> None:
    definitions = schema_of(Path)["$defs"]
    assert definitions["Point"]["description"] == MEANT
    assert "description" not in definitions["Path"]
