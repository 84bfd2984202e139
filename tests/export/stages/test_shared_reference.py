"""Several precisions of one checkpoint are compared with one run of the reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge_export.stages.parity import shared_reference
from edge_export.stages.stage import Stage
from edge_export.stages.workspace import open_workspace


class Reference:
    """Writes what it was called with, and counts."""

    def __init__(self) -> None:
        self.num_runs = 0

    def __call__(self, checkpoint: Any, workspace: Any, folder: Path) -> None:
        self.num_runs += 1
        (folder / "golden.npz").write_text(f"{checkpoint} {self.num_runs}", "utf-8")


def test_the_reference_runs_once_for_all_builds_of_a_folder(tmp_path: Path) -> None:
    reference = Reference()
    stage = Stage("reference", reference, ("golden.npz",))
    with open_workspace(tmp_path / "parts", "key", fresh=False) as parts:
        for precision in ("int8", "fp16"):
            shared = shared_reference(parts, stage)
            assert (shared.name, shared.installs) == (stage.name, stage.installs)
            with open_workspace(tmp_path / precision, precision, fresh=False) as workspace:
                workspace.run("reference", lambda folder, work=shared.work: work("tiny", workspace, folder))  # type: ignore[misc]
                assert workspace.is_finished("reference")
                stored = workspace.stage_path("reference") / "golden.npz"
                assert stored.read_text("utf-8") == "tiny 1"
    assert reference.num_runs == 1


def test_another_build_and_other_stages_share_nothing(tmp_path: Path) -> None:
    reference = Reference()
    other = Stage("encoder", reference, ())
    with open_workspace(tmp_path, "key", fresh=False) as parts:
        assert shared_reference(parts, other) is other
        (tmp_path / "int8").mkdir()
        shared_reference(parts, Stage("reference", reference, ())).work("tiny", parts, tmp_path / "int8")  # type: ignore[arg-type]
    with open_workspace(tmp_path, "another key", fresh=False) as parts:
        shared_reference(parts, Stage("reference", reference, ())).work("tiny", parts, tmp_path / "int8")  # type: ignore[arg-type]
    assert reference.num_runs == 2
