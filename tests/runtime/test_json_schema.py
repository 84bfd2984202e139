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
    end: Point | None


MEANT = "A place.\n\nAttributes:\n    x: in metres.\n\n        Left is negative."
NULL, POINT = {"type": "null"}, {"$ref": "#/$defs/Point"}


@pytest.mark.parametrize("indent", ["", "    ", "        "])
@pytest.mark.parametrize("alternatives", [[NULL, POINT], [POINT, NULL]])
def test_indentation_and_the_order_of_alternatives_do_not_matter(
    indent: str, alternatives: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def schema(_kind: type) -> dict[str, Any]:
        first, *rest = MEANT.split("\n")
        description = "\n".join([first, *(indent + line if line else "" for line in rest)])
        return {
            "$defs": {"Point": {"description": description, "properties": {"end": {"anyOf": alternatives}}}}
        }

    monkeypatch.setattr(msgspec.json, "schema", schema)
    assert schema_of(Point)["$defs"]["Point"] == {
        "description": MEANT,
        "properties": {"end": {"anyOf": [POINT, NULL]}},
    }


def test_the_installed_msgspec_gives_that_schema_too() -> None:
    definitions = schema_of(Path)["$defs"]
    assert definitions["Point"]["description"] == MEANT
    assert "description" not in definitions["Path"]
    assert definitions["Path"]["properties"]["end"] == {"anyOf": [POINT, NULL]}
