"""One engine of a portable bundle: compiled, tried and recorded in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from edge_export.compile.opened_graph import named, verified_files
from edge_export.compile.timing import call_time, timed_case
from edge_export.engine.builder.build import EngineRequest
from edge_export.engine.builder.library import load_library
from edge_export.engine.record import attention_of, with_attention
from edge_export.engine.selftest.tested import build_tested
from edge_export.engine.selftest.trial import make_tester
from edge_runtime.backends.registry import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.portable import PortableBundle
from edge_runtime.bundle.specs import EngineRecord
from edge_runtime.verification.engine_cases import EXPECTED_NAME, read_cases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.compile.timing import CallTime
    from edge_export.engine.selftest.trial import Trial
    from edge_runtime.verification.engine_cases import EngineCase

RECORD_NAME: Final = "record.json"
TRIAL_NAME: Final = "trials.json"


@dataclass(frozen=True, slots=True)
class ComponentJob:
    """One engine to compile; travels to the compiler's process.

    Attributes:
        component: which.
        portable: the precision, verified.
        record: of the engine, for this machine.
        timing_cache: file of kernel measurements, kept between builds.
    """

    component: str
    portable: PortableBundle
    record: EngineRecord
    timing_cache: Path

    @property
    def manifest(self) -> Manifest:
        """Of the graphs."""
        return self.portable.graphs.manifest

    @property
    def plan_name(self) -> str:
        """The engine's file."""
        return f"{self.component}.plan"

    def request(self, folder: Path) -> EngineRequest:
        """Return what to build from the graph in a folder."""
        component = self.manifest.components[self.component]
        return EngineRequest(
            component=self.component,
            graph=folder / component.graph,
            inputs=component.inputs,
            profiles=self.record.profiles,
            capabilities=self.record.compute_capabilities,
            attention=attention_of(self.record),
            timing_cache=self.timing_cache,
        )


def compile_component(job: ComponentJob, folder: Path, on_line: Callable[[str], None]) -> None:
    """Compile an engine, run its cases, time it, and write plan, record and trials to a folder.

    Raises:
        EdgeAsrError: a file is not as it was built, the engine cannot be built, or its outputs are not its
            graph's.
    """
    files = verified_files(job.portable, {EXPECTED_NAME, *job.record.onnx})
    cases = read_cases(files[EXPECTED_NAME])
    tester = make_tester(job.manifest, cases, job.record)
    library = load_library("tensorrt")
    with named(files, folder) as graphs:
        trials = build_tested(library, job.request(graphs), folder / job.plan_name, tester, on_line)
    record = with_attention(job.record, trials[-1].attention)
    timed = _call_time(job, folder / job.plan_name, cases) if trials[-1].results else None
    if timed is not None:
        on_line(f"{job.component}: {timed}")
        record = msgspec.structs.replace(record, call_ms=round(timed.ms, 3))
    (folder / RECORD_NAME).write_bytes(msgspec.json.encode(record, order="sorted"))
    (folder / TRIAL_NAME).write_text(_as_json(trials, timed), "utf-8")


def _call_time(job: ComponentJob, plan: Path, cases: Sequence[EngineCase]) -> CallTime | None:
    """Return the time of a decoder's step or an aligner's pass, None for an encoder."""
    case = timed_case(cases, job.component)
    if case is None:
        return None
    component = msgspec.structs.replace(job.manifest.components[job.component], engine=job.record)
    session = open_session(job.manifest.target, component, plan, SessionOptions())
    return call_time(session, job.manifest, case)


def _as_json(trials: list[Trial], timed: CallTime | None) -> str:
    documents = [trial.as_json() for trial in trials]
    if timed is not None:
        documents[-1].update(timed.as_json())
    return json.dumps(documents, indent=2) + "\n"
