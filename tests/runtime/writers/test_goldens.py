"""Every writer against its golden files; `goldens.py` says how to write them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.writers.goldens import DIRECTORY, golden_files


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(*golden, id=golden[0].name) for golden in golden_files()]
)
def test_a_document_is_written_as_in_its_golden_file(path: Path, text: str) -> None:
    assert text == path.read_bytes().decode()


def test_no_golden_file_is_left_over() -> None:
    assert set(DIRECTORY.iterdir()) == {path for path, _ in golden_files()}
