"""One engine of a portable bundle: compiled, tried and recorded in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from edge_export.engine.builder.build import EngineRequest
from edge_export.engine.builder.library import load_library
from edge_export.engine.record import attention_of, with_attention
from edge_export.engine.tested import build_tested
from edge_export.engine.trial import make_tester
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import EngineRecord
from edge_runtime.verification.engine_cases import EXPECTED_NAME, read_cases

if TYPE_CHECKING:
    from edge_export.engine.trial import Trial

RECORD_NAME: Final = "record.json"
TRIAL_NAME: Final = "trials.json"


@dataclass(frozen=True, slots=True)
class ComponentJob:
    """One engine to compile; travels to the compiler's process.

    Attributes:
        component: which.
        bundle: folder of the portable bundle, verified.
        manifest: of its graphs.
        record: of the engine, for this machine.
        timing_cache: file of kernel measurements, kept between builds.
    """

    component: str
    bundle: Path
    manifest: Manifest
    record: EngineRecord
    timing_cache: Path

    @property
    def plan_name(self) -> str:
        """The engine's file."""
        return f"{self.component}.plan"

    @property
    def request(self) -> EngineRequest:
        """What to build."""
        component = self.manifest.components[self.component]
        return EngineRequest(
            component=self.component,
            graph=self.bundle / component.graph,
            inputs=component.inputs,
            profiles=self.record.profiles,
            capabilities=self.record.compute_capabilities,
            attention=attention_of(self.record),
            timing_cache=self.timing_cache,
        )


def compile_component(job: ComponentJob, folder: Path, on_line: Callable[[str], None]) -> None:
    """Compile an engine, run its cases, and write plan, record and trials to a folder.

    Raises:
        EdgeAsrError: the engine cannot be built, or its outputs are not its graph's.
    """
    cases = read_cases(job.bundle / EXPECTED_NAME)
    tester = make_tester(job.manifest, cases, job.record)
    library = load_library("tensorrt")
    trials = build_tested(library, job.request, folder / job.plan_name, tester, on_line)
    record = with_attention(job.record, trials[-1].attention)
    (folder / RECORD_NAME).write_bytes(msgspec.json.encode(record, order="sorted"))
    (folder / TRIAL_NAME).write_text(_as_json(trials), "utf-8")


def _as_json(trials: list[Trial]) -> str:
    return json.dumps([trial.as_json() for trial in trials], indent=2) + "\n"
