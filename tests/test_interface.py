"""Commands, flags and published schemas are what users and programs were given."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.interface import SCHEMAS, commands, meaning

ROOT = Path(__file__).parents[1]
GOLDEN = json.loads((ROOT / "tests" / "golden" / "interface.json").read_text("utf-8"))


def test_every_command_has_the_flags_it_had() -> None:
    locked = re.findall(r"^typer==(\S+)", (ROOT / "requirements" / "lock.txt").read_text(), re.MULTILINE)
    assert locked
    if version("typer") not in locked:
        pytest.skip(f"typer {version('typer')} may word its help otherwise than the locked {locked}")
    assert commands() == GOLDEN["commands"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_means_what_it_meant(name: str) -> None:
    assert meaning(json.loads((ROOT / name).read_text("utf-8"))) == GOLDEN["schemas"][name]


def test_a_schema_means_the_same_whatever_its_words_and_order() -> None:
    schema = {
        "$ref": "#/$defs/Note",
        "$defs": {
            "Note": {
                "type": "object",
                "properties": {"title": {"anyOf": [{"type": "null"}, {"type": "string"}]}},
            }
        },
    }
    other = {
        "$ref": "#/$defs/Remark",
        "$defs": {
            "Remark": {
                "type": "object",
                "description": "words",
                "properties": {"title": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
            }
        },
    }
    assert meaning(schema) == meaning(other)
    del other["$defs"]["Remark"]["properties"]["title"]  # type: ignore[index]
    assert meaning(schema) != meaning(other)
