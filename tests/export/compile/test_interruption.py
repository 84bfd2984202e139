"""Runs of `compile` that end too early: nothing half is installed, and finished engines are kept."""

from __future__ import annotations

import errno
import json
import os
import pickle
import signal
from pathlib import Path
from typing import Any

import pytest

from edge_export.compile import run as compile_run
from edge_export.compile.child import ChildDiedError, run_in_child
from edge_export.compile.component import ComponentJob, compile_component
from edge_export.compile.run import CompileOptions, compile_apart, compile_portable
from edge_runtime.bundle.portable import open_portable
from edge_runtime.errors import (
    ResourceError,
)
from tests.export.compile.device import compiled
from tests.export.compile.portable import COMPONENTS, FakeBuilderLibrary
from tests.export.conftest import Lines
from tests.export.support.stopped_builds import Killed


def test_a_stopped_run_installs_nothing_and_goes_on_where_it_ended(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    def killed(job: Any, folder: Path, on_line: Any) -> None:
        if job.component == COMPONENTS[1]:
            raise Killed
        compile_component(job, folder, on_line)

    with pytest.raises(Killed):
        compile_portable(CompileOptions(portable), Lines(), killed)
    assert not (portable.parent / "tiny.tensorrt.int8").exists()
    result = compiled(portable)
    assert (result.status, result.reused) == ("built", COMPONENTS[:1])
    assert len(library.built) == 2


def test_a_full_disk_is_an_error_that_says_so_and_leaves_nothing(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ResourceError, match="No space left on device while building"):
        compile_portable(CompileOptions(portable), Lines(), full)
    assert not (portable.parent / "tiny.tensorrt.int8").exists()
    assert compiled(portable).status == "built"


def test_a_disk_that_fills_in_the_middle_keeps_what_is_finished(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    def full(job: ComponentJob, folder: Path, on_line: Any) -> None:
        if job.component == COMPONENTS[1]:
            (folder / job.plan_name).write_bytes(b"half a pl")
            run_in_child(_fill_disk)
        compile_component(job, folder, on_line)

    with pytest.raises(ResourceError, match="finished stages are kept") as caught:
        compile_portable(CompileOptions(portable), Lines(), full)
    assert "\n" not in str(caught.value)
    assert not (portable.parent / "tiny.tensorrt.int8").exists()
    assert compiled(portable).reused == COMPONENTS[:1]


def _fill_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(message: str) -> None:
    raise ResourceError(message)


def test_a_child_that_dies_is_an_error_and_its_errors_arrive() -> None:
    run_in_child(json.dumps, {})
    with pytest.raises(ChildDiedError):
        run_in_child(_die)
    with pytest.raises(ResourceError, match="no memory"):
        run_in_child(_fail, "no memory")


def test_a_job_travels_to_the_compilers_process(portable: Path) -> None:
    opened = open_portable(portable)
    record = opened.spec.records["decoder"]
    job = ComponentJob("decoder", opened, record, portable / "timing.cache")
    assert pickle.loads(pickle.dumps(job)) == job  # noqa: S301 - our own


def test_a_compiler_that_the_system_kills_is_said_to_want_memory(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise ChildDiedError

    monkeypatch.setattr(compile_run, "run_in_child", killed)
    with pytest.raises(ResourceError, match=r"decoder engine was stopped.*memory.*finished engines are kept"):
        compile_portable(CompileOptions(portable), Lines(), compile_apart)
