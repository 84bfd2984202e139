"""Builds that something stops in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_export.graphs.export_config import FLOAT
from edge_export.pipeline import pipeline
from edge_export.stages import asr as stages


class Killed(BaseException):
    """Stands for a signal: no code of the build catches it."""


def break_stage(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    """Make one stage write something and then fail."""

    def broken(stage: stages.Stage) -> stages.Stage:
        def work(_: object, __: object, folder: Path) -> None:
            (folder / "half").write_bytes(b"x" * 1000)
            raise error

        return stages.Stage(stage.name, work, stage.installs) if stage.name == name else stage

    changed = tuple(map(broken, pipeline.asr_stages(FLOAT)))
    monkeypatch.setattr(pipeline, "asr_stages", lambda *_: changed)
