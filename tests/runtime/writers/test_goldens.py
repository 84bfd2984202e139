"""Every writer against its golden files; `goldens.py` says how to write them anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runtime.writers.goldens import DIRECTORY, SCHEMA, golden_files, schema_text


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(*golden, id=golden[0].name) for golden in golden_files()]
)
def test_a_document_is_written_as_in_its_golden_file(path: Path, text: str) -> None:
    assert text == path.read_bytes().decode()


def test_no_golden_file_is_left_over() -> None:
    assert set(DIRECTORY.iterdir()) == {path for path, _ in golden_files()}


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert json.loads(SCHEMA.read_text("utf-8")) == json.loads(schema_text())
