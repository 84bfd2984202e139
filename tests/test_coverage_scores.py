"""`make coverage` ends with its scores and fails under its bars."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.coverage_scores import main

LINES = 1000
BRANCHES = 200


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


def write(report: Path, *, lines: int, branches: int, lowest: float) -> None:
    """Write what `coverage json` writes, as far as it is read."""
    totals = {
        "num_statements": LINES,
        "covered_lines": lines,
        "num_branches": BRANCHES,
        "covered_branches": branches,
    }
    percents = {"edge_runtime/a.py": 100.0, "edge_runtime/b.py": lowest, "edge_runtime/c.py": 99.0}
    files = {path: {"summary": {"percent_covered": percent}} for path, percent in percents.items()}
    report.write_text(json.dumps({"totals": totals, "files": files}), "utf-8")


@pytest.mark.parametrize(
    ("lines", "branches", "lowest", "name"),
    [(949, 180, 85.0, "lines"), (950, 179, 85.0, "branches"), (950, 180, 84.9, "lowest")],
)
def test_a_figure_under_its_bar_fails_by_name(
    report: Path, lines: int, branches: int, lowest: float, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(report, lines=lines, branches=branches, lowest=lowest)
    with pytest.raises(SystemExit) as left:
        main(str(report))
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith(f"{name} must be at least")


def test_the_last_line_has_the_scores_and_the_lowest_module(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(report, lines=950, branches=180, lowest=85.0)
    with pytest.raises(SystemExit) as left:
        main(str(report))
    assert left.value.code == 0
    assert capsys.readouterr().out == (
        "scores: lines=95.00 branches=90.00 lowest=85.00 module=edge_runtime/b.py\n"
    )
