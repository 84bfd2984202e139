"""Stages that copy a finished bundle's files instead of computing them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge_export.graphs.export_config import FLOAT
from edge_export.pipeline import pipeline
from edge_export.stages import asr as stages

STAGES = [stage.name for stage in stages.asr_stages(FLOAT)]


def copy_stages(monkeypatch: pytest.MonkeyPatch, bundle: Path) -> list[str]:
    """Replace the real stages; return a list that receives the names of those that run."""
    ran: list[str] = []

    def copying(stage: stages.Stage) -> stages.Stage:
        def work(_: object, __: object, folder: Path) -> None:
            ran.append(stage.name)
            for name in stage.installs:
                shutil.copyfile(bundle / name, folder / name)

        return stages.Stage(stage.name, work, stage.installs)

    copied = tuple(map(copying, stages.asr_stages(FLOAT)))
    monkeypatch.setattr(pipeline, "asr_stages", lambda *_: copied)
    return ran
