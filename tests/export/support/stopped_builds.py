"""Builds that something stops in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_export.graphs.export_config import FLOAT
from edge_export.pipeline import pipeline
from edge_export.stages import asr as stages


class Killed(BaseException):
    """Stands for a signal: no code of the build catches it."""


class KillingReporter:
    """Takes lines, and kills the build at the first one in which some words stand."""

    def __init__(self, words: str) -> None:
        self._words = words

    def progress(self, text: str) -> None:
        if self._words in text:
            raise Killed

    def warn(self, text: str) -> None:
        pass


def killed_when_it_begins() -> KillingReporter:
    """Return a reporter that kills a build which finds that something has to be done."""
    return KillingReporter("GB of memory and")


def killed_when_it_installs() -> KillingReporter:
    """Return a reporter that kills a build whose stages are all finished."""
    return KillingReporter("] install ")


def break_stage(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    """Make one stage write something and then fail."""

    def broken(stage: stages.Stage) -> stages.Stage:
        def work(_: object, __: object, folder: Path) -> None:
            (folder / "half").write_bytes(b"x" * 1000)
            raise error

        return stages.Stage(stage.name, work, stage.installs) if stage.name == name else stage

    changed = tuple(map(broken, pipeline.asr_stages(FLOAT)))
    monkeypatch.setattr(pipeline, "asr_stages", lambda *_: changed)
