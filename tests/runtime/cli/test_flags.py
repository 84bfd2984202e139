"""Flags of a command come from groups that are defined apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from edge_runtime.cli.flags.grouped import grouped


@dataclass(frozen=True)
class Words:
    words: Annotated[list[str] | None, typer.Argument()] = None
    loud: Annotated[bool, typer.Option("--loud", help="Shout.")] = False


@dataclass(frozen=True)
class Times:
    times: Annotated[int, typer.Option("--times", "-n", min=1)] = 1


def test_a_command_gets_its_flags_by_groups() -> None:
    seen: list[tuple[Words, Times]] = []

    @grouped
    def say(words: Words, times: Times) -> None:
        """Say words."""
        seen.append((words, times))

    app = typer.Typer()
    app.command()(say)
    runner = CliRunner()
    assert runner.invoke(app, []).exit_code == 0
    assert runner.invoke(app, ["a", "b", "--loud", "-n", "3"]).exit_code == 0
    assert runner.invoke(app, ["-n", "0"]).exit_code == 2
    assert seen == [(Words(), Times()), (Words(["a", "b"], loud=True), Times(3))]
    page = runner.invoke(app, ["--help"]).output
    assert "Say words." in page
    assert page.index("--loud") < page.index("--times")
