"""Every recording of `make inputs-table`, without a model: taken or refused, with its length and notices."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.recordings.table import GROUPS, Judge
from tests.support.recordings.workshop import Workshop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed"),
]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__.rpartition(".")[2])
def test_every_recording_is_what_it_is_said_to_be(tmp_path: Path, group: ModuleType) -> None:
    judge = Judge(text_of=None)
    faults = {
        case.name: faults_of_case
        for case in group.cases(Workshop(tmp_path))
        if (faults_of_case := list(judge.faults(case)))
    }
    assert faults == {}
