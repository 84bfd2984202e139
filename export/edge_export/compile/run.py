"""A portable bundle to a bundle of engines: resumable, installed with one rename."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

import msgspec

from edge_export.compile import machine as machines
from edge_export.compile.child import ChildDiedError, run_in_child
from edge_export.compile.component import RECORD_NAME, TRIAL_NAME, ComponentJob, compile_component
from edge_export.engine.record import engines_key, recorded_key, with_machine, with_source
from edge_export.engine.trial import TRIALS_NAME
from edge_export.pipeline.install import install, require_replaceable
from edge_export.pipeline.resources import translate_failures
from edge_export.stages.workspace import open_workspace
from edge_runtime.bundle.bundle import open_bundle, read_manifest
from edge_runtime.bundle.manifest import FileEntry, Manifest
from edge_runtime.bundle.portable import PortableBundle, open_portable
from edge_runtime.bundle.specs import EngineRecord
from edge_runtime.errors import BundleError, UsageError

if TYPE_CHECKING:
    from edge_export.engine.builder.lowering import AttentionPolicy
    from edge_export.engine.machine import EngineMachine
    from edge_export.stages.workspace import Workspace

_BUILD_DIRECTORY: Final = ".build"
_TIMING_CACHE_NAME: Final = "timing.cache"
_TRIALS: Final = "trials"


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """What to compile.

    Attributes:
        bundle: folder of the portable bundle.
        output: folder of the bundle to be; by default named after model, target and precision beside it.
        attention: how engines compute it; None takes what the bundle says.
        force: compile again what is finished.
    """

    bundle: Path
    output: Path | None = None
    attention: AttentionPolicy | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class CompileResult:
    """Result of compiling.

    Attributes:
        bundle: the bundle's folder.
        status: whether anything had to be compiled.
        reused: components whose engines were finished by an earlier run.
    """

    bundle: Path
    status: Literal["built", "up_to_date"]
    reused: tuple[str, ...] = ()


class Reporter(Protocol):
    """Receives progress and warnings."""

    def progress(self, text: str) -> None:
        """Take a line of progress."""
        ...

    def warn(self, text: str) -> None:
        """Take a line that the user should see."""
        ...


Compile = Callable[[ComponentJob, Path, Callable[[str], None]], None]
"""Compiles one engine into a folder; see `compile_component`."""


def compile_apart(job: ComponentJob, folder: Path, on_line: Callable[[str], None]) -> None:
    """Compile one engine in a process of its own; its progress goes to stderr if there is a terminal.

    Raises:
        ResourceError: the system stopped the process.
        EdgeAsrError: as `compile_component` does.
    """
    on_line(f"{job.component}: compiling")
    try:
        run_in_child(compile_component, job, folder, _print_line)
    except ChildDiedError:
        raise machines.stopped_compiler(job.component, job.bundle) from None


def compile_portable(
    options: CompileOptions, reporter: Reporter, compile_one: Compile = compile_apart
) -> CompileResult:
    """Compile the engines of a portable bundle for this machine, unless they are there.

    Args:
        options: what to compile.
        reporter: receives progress and warnings.
        compile_one: compiles one engine.

    Raises:
        EdgeAsrError: with what was expected, what is there, and what to do; nothing is installed.
    """
    portable = open_portable(options.bundle.expanduser().absolute())
    machine = machines.this_machine()
    machines.require_library(portable, machine)
    machines.require_memory(portable)
    output = _output(options, portable)
    require_replaceable(output)
    records = _records(portable, machine, options.attention)
    if not options.force and _is_up_to_date(output, records):
        return CompileResult(output, "up_to_date")
    for doubt in machines.doubts(portable, machine):
        reporter.warn(doubt)
    with translate_failures(output.parent):
        reused = _compile(portable, records, output, options, reporter, compile_one)
    return CompileResult(output, "built", reused)


def _output(options: CompileOptions, portable: PortableBundle) -> Path:
    manifest, directory = portable.graphs.manifest, portable.graphs.directory
    name = f"{manifest.name}.{manifest.target}.{manifest.precision}"
    output = (options.output or directory.with_name(name)).expanduser().absolute()
    if output == directory:
        raise UsageError(f"{output}: the portable bundle itself. Choose another --output-dir.")
    return output


def _records(
    portable: PortableBundle, machine: EngineMachine, attention: AttentionPolicy | None
) -> dict[str, EngineRecord]:
    """Return the records of the engines to be, for this machine."""
    source = str(portable.graphs.directory)
    records = {
        component: with_source(with_machine(record, machine), source)
        for component, record in portable.spec.records.items()
    }
    return records if attention is None else {n: _with_policy(r, attention) for n, r in records.items()}


def _with_policy(record: EngineRecord, attention: AttentionPolicy) -> EngineRecord:
    others = (flag for flag in record.flags if not flag.startswith("attention="))
    return msgspec.structs.replace(record, flags=tuple(sorted({*others, f"attention={attention}"})))


def _is_up_to_date(output: Path, records: dict[str, EngineRecord]) -> bool:
    """Return whether a complete, undamaged bundle of these engines is installed."""
    try:
        manifest = read_manifest(output).manifest
        engines = {name: part.engine for name, part in manifest.components.items()}
        graphs = {name: engine.onnx for name, engine in engines.items() if engine is not None}
        if recorded_key(manifest) != engines_key(records):
            return False
        if graphs != {name: record.onnx for name, record in records.items()}:
            return False
        open_bundle(output)
    except BundleError:
        return False
    return True


def _compile(
    portable: PortableBundle,
    records: dict[str, EngineRecord],
    output: Path,
    options: CompileOptions,
    reporter: Reporter,
    compile_one: Compile,
) -> tuple[str, ...]:
    """Compile every component that is not finished, and install; return those that were."""
    folder = output.parent / _BUILD_DIRECTORY / output.name
    key = f"{portable.graphs.manifest_sha256}.{engines_key(records)}"
    reused = []
    with open_workspace(folder, key, fresh=options.force) as workspace:
        for number, (component, record) in enumerate(records.items(), 1):
            step = f"[{number}/{len(records) + 1}] {component}"
            if workspace.is_finished(component):
                reporter.progress(f"{step}: finished before")
                reused.append(component)
                continue
            reporter.progress(step)
            manifest, directory = portable.graphs.manifest, portable.graphs.directory
            cache = folder.parent / _TIMING_CACHE_NAME
            job = ComponentJob(component, directory, manifest, record, cache)
            workspace.run(component, partial(_run, compile_one, job, reporter.progress))
        workspace.run(_TRIALS, partial(_join_trials, workspace, tuple(records)))
        reporter.progress(f"[{len(records) + 1}/{len(records) + 1}] install {output}")
        _install(portable, tuple(records), workspace, output)
        workspace.clear()
    return tuple(reused)


def _run(compile_one: Compile, job: ComponentJob, on_line: Callable[[str], None], folder: Path) -> None:
    compile_one(job, folder, on_line)


def _join_trials(workspace: Workspace, components: tuple[str, ...], folder: Path) -> None:
    trials = {
        component: json.loads((workspace.stage_path(component) / TRIAL_NAME).read_text("utf-8"))
        for component in components
    }
    (folder / TRIALS_NAME).write_text(json.dumps(trials, indent=2) + "\n", "utf-8")


def _install(
    portable: PortableBundle, components: tuple[str, ...], workspace: Workspace, output: Path
) -> None:
    graphs, directory = portable.graphs.manifest, portable.graphs.directory
    compiled = {file for record in portable.spec.records.values() for file in record.onnx}
    files = {name: entry for name, entry in graphs.files.items() if name not in compiled}
    sources = {name: directory / name for name in files}
    for stage, name in (*((each, f"{each}.plan") for each in components), (_TRIALS, TRIALS_NAME)):
        recorded = workspace.recorded_files(stage)
        assert recorded is not None, f"{stage} has just been finished"
        size, digest = recorded[name]
        files[name] = FileEntry(bytes=size, sha256=digest)
        sources[name] = workspace.stage_path(stage) / name
    install(_manifest(graphs, files, workspace), sources, workspace.directory, output)


def _manifest(graphs: Manifest, files: dict[str, FileEntry], workspace: Workspace) -> Manifest:
    """Return the manifest of the engines, from that of their graphs."""
    components = {
        name: msgspec.structs.replace(part, graph=f"{name}.plan", engine=_record(workspace, name))
        for name, part in graphs.components.items()
    }
    return msgspec.structs.replace(graphs, components=components, files=dict(sorted(files.items())))


def _record(workspace: Workspace, component: str) -> EngineRecord:
    data = (workspace.stage_path(component) / RECORD_NAME).read_bytes()
    return msgspec.json.decode(data, type=EngineRecord)


def _print_line(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)  # noqa: T201 - of the compiler's process
