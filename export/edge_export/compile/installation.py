"""A bundle of engines from the finished stages of a compilation."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from edge_export.compile.component import RECORD_NAME, TRIAL_NAME
from edge_export.engine.record import attention_of, with_attention
from edge_export.engine.selftest.trial import TRIALS_NAME
from edge_export.pipeline.install import install
from edge_runtime.bundle.manifest import FileEntry, Manifest
from edge_runtime.bundle.specs import EngineRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edge_export.stages.workspace import Workspace
    from edge_runtime.bundle.portable import PortableBundle

_TRIALS: Final = "trials"


def install_engines(
    portable: PortableBundle,
    records: Mapping[str, EngineRecord],
    stages: Mapping[str, str],
    candidates: list[dict[str, Any]] | None,
    workspace: Workspace,
    output: Path,
) -> None:
    """Install the engines of one precision.

    Args:
        portable: the precision.
        records: component → record of its engine.
        stages: component → finished stage.
        candidates: figures of all precisions, None where there is one.
        workspace: of the stages.
        output: folder of the bundle.
    """
    workspace.run(_TRIALS, partial(_join_trials, workspace, stages, candidates))
    _install(portable, records, stages, workspace, output)


def _join_trials(
    workspace: Workspace, stages: Mapping[str, str], candidates: list[dict[str, Any]] | None, folder: Path
) -> None:
    trials = {
        component: json.loads((workspace.stage_path(stage) / TRIAL_NAME).read_text("utf-8"))
        for component, stage in stages.items()
    }
    if candidates is not None:
        trials["candidates"] = candidates
    (folder / TRIALS_NAME).write_text(json.dumps(trials, indent=2) + "\n", "utf-8")


def _install(
    portable: PortableBundle,
    records: Mapping[str, EngineRecord],
    stages: Mapping[str, str],
    workspace: Workspace,
    output: Path,
) -> None:
    graphs = portable.graphs.manifest
    compiled = {file for record in records.values() for file in record.onnx}
    files = {name: entry for name, entry in graphs.files.items() if name not in compiled}
    sources = {name: portable.path(name) for name in files}
    for stage, name in (*((stages[each], f"{each}.plan") for each in stages), (_TRIALS, TRIALS_NAME)):
        recorded = workspace.recorded_files(stage)
        assert recorded is not None, f"{stage} has just been finished"
        size, digest = recorded[name]
        files[name] = FileEntry(bytes=size, sha256=digest)
        sources[name] = workspace.stage_path(stage) / name
    built = {name: _built(record, workspace, stages[name]) for name, record in records.items()}
    install(_manifest(graphs, files, built), sources, workspace.directory, output)


def _manifest(graphs: Manifest, files: dict[str, FileEntry], built: Mapping[str, EngineRecord]) -> Manifest:
    """Return the manifest of the engines, from that of their graphs."""
    engines = {
        name: msgspec.structs.replace(graphs.components[name], graph=f"{name}.plan", engine=record)
        for name, record in built.items()
    }
    components = graphs.components | engines
    return msgspec.structs.replace(graphs, components=components, files=dict(sorted(files.items())))


def _built(record: EngineRecord, workspace: Workspace, stage: str) -> EngineRecord:
    """Return the record with the attention that passed and the time that was measured."""
    data = (workspace.stage_path(stage) / RECORD_NAME).read_bytes()
    built = msgspec.json.decode(data, type=EngineRecord)
    return msgspec.structs.replace(with_attention(record, attention_of(built)), call_ms=built.call_ms)
