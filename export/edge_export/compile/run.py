"""A portable bundle to a bundle of engines: resumable, installed with one rename."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from edge_export.compile import machine as machines
from edge_export.compile.candidates import Candidates
from edge_export.compile.child import ChildDiedError, run_in_child
from edge_export.compile.choice import choose
from edge_export.compile.component import compile_component
from edge_export.compile.installation import install_engines
from edge_export.engine.record import (
    engines_key,
    recorded_key,
    with_machine,
    with_source,
)
from edge_export.pipeline.install import require_replaceable
from edge_export.pipeline.resources import translate_failures
from edge_export.stages.workspace import clear_leftovers, open_workspace, working_folder
from edge_runtime.bundle.bundle import open_bundle, read_manifest
from edge_runtime.bundle.portable import PortableBundle, open_portable
from edge_runtime.bundle.specs import EngineRecord
from edge_runtime.bundle.trust import read_trust
from edge_runtime.errors import BundleError, UsageError

if TYPE_CHECKING:
    from edge_export.compile.candidates import Compile, Reporter
    from edge_export.compile.component import ComponentJob
    from edge_export.engine.builder.lowering import AttentionPolicy
    from edge_export.engine.machine import EngineMachine

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
        trust: file of public keys of which one must have signed the portable bundle; None takes that of the
            variable EDGE_ASR_TRUST, and without either an unsigned one is accepted.
    """

    bundle: Path
    output: Path | None = None
    attention: AttentionPolicy | None = None
    force: bool = False
    trust: Path | None = None


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
        raise machines.stopped_compiler(job.component, job.portable.graphs.directory) from None


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
    portable = open_portable(options.bundle.expanduser().absolute(), trust=read_trust(options.trust))
    machine = machines.this_machine()
    machines.require_library(portable, machine)
    fitting = machines.fitting(portable)
    for each in fitting:
        output = _output(options, each)
        require_replaceable(output)
        if not options.force and _is_up_to_date(output, _records(each, machine, options.attention)):
            clear_leftovers(output)
            return CompileResult(output, "up_to_date")
    for doubt in machines.doubts(fitting[0], machine):
        reporter.warn(doubt)
    with translate_failures(_output(options, portable).parent):
        records = {each.precision: _records(each, machine, options.attention) for each in fitting}
        candidates = Candidates(portable, fitting, records, reporter, compile_one)
        return _compile(candidates, options, machine, reporter)


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
    candidates: Candidates, options: CompileOptions, machine: EngineMachine, reporter: Reporter
) -> CompileResult:
    """Compile what is not finished, choose a precision and install it."""
    portable, fitting = candidates.portable, candidates.fitting
    output = _output(options, portable)
    folder = working_folder(output)
    key = f"{portable.graphs.manifest_sha256}.{engines_key(_records(portable, machine, options.attention))}"
    with open_workspace(folder, key, fresh=options.force) as workspace:
        figures, reused = candidates.figures(workspace)
        kept, sentence = choose(figures, [each.precision for each in fitting])
        if len(figures) > 1:
            reporter.progress(sentence)
        chosen = next(each for each in fitting if each.precision == kept.precision)
        output = _output(options, chosen)
        reporter.progress(f"install {output}")
        stages = {name: candidates.stage(chosen, name) for name in chosen.spec.records}
        document = [each.as_json(kept) for each in figures] if len(figures) > 1 else None
        records = candidates.records[chosen.precision]
        install_engines(chosen, records, stages, document, workspace, output)
        workspace.clear()
    return CompileResult(output, "built", tuple(reused))


def _print_line(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)  # noqa: T201 - of the compiler's process
