"""Test cases for engines, with ONNX Runtime's outputs from the graphs just written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edge_export.engine.limits import with_engine_limits
from edge_export.engine.selftest.tolerance import case_tolerance, spreads
from edge_export.parity.case import PARITY_NAME
from edge_export.parity.probes import GOLDEN_PROBES, PROBE_SECONDS
from edge_export.stages.manifest import assemble_manifest
from edge_export.stages.parity import reference_output_name
from edge_export.stages.stage import Stage
from edge_runtime.backends.registry import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.model.prompt import build_prompt
from edge_runtime.verification.engine_cases import EXPECTED_NAME, EngineCase, run_case, write_cases

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.engine.plan import EnginePlan
    from edge_export.stages.workspace import Workspace
    from edge_runtime.arrays import Array
    from edge_runtime.bundle.manifest import Manifest
    from edge_runtime.bundle.specs import Component

STAGE: Final = "answers"
_NUM_STEPS: Final = 4
"""Steps after the prompt of a case."""
_SHORT: Final = 16
"""Rows of a short prefix."""
_POISON: Final = 0x53
"""Byte that fills invalid cache rows: 58.6 in float16, 9e11 in float32 and bfloat16. A kernel that reads one
fails its case; a score that is computed and then masked does not overflow."""

Inputs = Mapping[str, Any]
NamedCase = tuple[str, str, Inputs]
"""Component, name of the case and its inputs."""


def expected_outputs_stage(plan: EnginePlan) -> Stage:
    """Return the stage that writes the cases."""
    return Stage(STAGE, partial(_write_expected, plan=plan), (EXPECTED_NAME,))


def _write_expected(checkpoint: Checkpoint, workspace: Workspace, folder: Path, *, plan: EnginePlan) -> None:
    manifest = planned_manifest(checkpoint, workspace, plan)
    if manifest.kind == "asr":
        named_cases = list(_asr(manifest, workspace, _max_scored(plan), plan.chosen.buckets[0]))
    else:
        named_cases = list(_aligner(manifest, workspace))
    cases: list[EngineCase] = []
    for component in plan.records:
        spec = manifest.components[component]
        inputs = {name: each for owner, name, each in named_cases if owner == component}
        run = partial(_run_cases, manifest, component, inputs)
        graph = workspace.stage_path(component) / spec.graph
        expected = run(spec, graph)
        is_half = plan.export.dtype(component) != "float32"
        spread = spreads(spec, graph, run) if is_half else dict.fromkeys(expected, 0.0)
        for name, outputs in expected.items():
            tolerance = case_tolerance(plan.export.components[component], outputs, spread[name])
            cases.append(EngineCase(component, name, inputs[name], outputs, tolerance))
    write_cases(folder / EXPECTED_NAME, cases)


def _run_cases(
    manifest: Manifest, component: str, inputs: Mapping[str, Inputs], spec: Component, graph: Path
) -> dict[str, dict[str, Array]]:
    """Run a graph of a component; return case → outputs."""
    session = open_session("ort-cpu", spec, graph, SessionOptions())
    return {name: run_case(session, manifest, component, each) for name, each in inputs.items()}


def planned_manifest(checkpoint: Checkpoint, workspace: Workspace, plan: EnginePlan) -> Manifest:
    """Return the manifest without what is known only after the engines are built."""
    parity = json.loads((workspace.stage_path("parity") / PARITY_NAME).read_text("utf-8"))
    return with_engine_limits(
        assemble_manifest(checkpoint, plan.machine.target, plan.export, {}, parity), plan
    )


def _max_scored(plan: EnginePlan) -> int:
    """Return how many tokens of a sequence the decoder's engine can score in a call."""
    profiles = plan.chosen.profiles["decoder"].values()
    return max(profile.scored[2] for profile in profiles if profile.scored)


def _asr(manifest: Manifest, workspace: Workspace, max_scored: int, first_bucket: int) -> Iterator[NamedCase]:
    yield from _encoder(manifest, workspace)
    spec, _ = manifest.require_asr()
    stored = _stored(workspace, GOLDEN_PROBES[-1])
    embeds = stored["audio_embeds"]
    prompt = build_prompt(spec, len(embeds))
    ids = np.concatenate([prompt.ids, stored["token_ids"]])
    audio_index = np.concatenate([prompt.audio_index, np.full(len(stored["token_ids"]), -1)])
    rows, short = manifest.limits.max_positions, _SHORT + _NUM_STEPS
    grown = min(rows, first_bucket + _NUM_STEPS // 2)
    long, growing = ((np.resize(ids, count), np.resize(audio_index, count)) for count in (rows, grown))
    full_length, draft_length = (min(len(prompt) + count, rows) for count in (_NUM_STEPS, max_scored))
    for name, (case_ids, case_index), fill, num_scored in (
        ("prefill", (ids[:full_length], audio_index[:full_length]), 0, 1),
        ("short_prefix", (ids[:short], audio_index[:short]), 0, 1),
        ("long_prefix", long, 0, 1),
        ("growing_prefix", growing, _POISON, 1),
        ("poisoned_tail", (ids[:short], audio_index[:short]), _POISON, 1),
        ("draft", (ids[:draft_length], audio_index[:draft_length]), _POISON, max_scored),
    ):
        yield (
            "decoder",
            name,
            {
                "ids": case_ids,
                "audio_index": case_index,
                "audio_embeds": embeds,
                "num_prompt": np.array(len(case_ids) - (_NUM_STEPS if num_scored == 1 else num_scored)),
                "num_scored": np.array(num_scored),
                "fill": np.array(fill),
            },
        )


def _aligner(manifest: Manifest, workspace: Workspace) -> Iterator[NamedCase]:
    yield from _encoder(manifest, workspace)
    for name, probe in zip(("short_pass", "long_pass"), GOLDEN_PROBES, strict=True):
        stored = _stored(workspace, probe)
        yield "aligner", name, {key: stored[key] for key in ("prompt_ids", "audio_embeds")}


def _encoder(manifest: Manifest, workspace: Workspace) -> Iterator[NamedCase]:
    """Yield a clip shorter than a chunk, and one of a full batch of windows and part of another."""
    short, long = (_stored(workspace, probe)["log_mel"] for probe in GOLDEN_PROBES)
    frames = manifest.limits.encoder_batch * manifest.encoder.window_frames + long.shape[1] % 100
    repeats = -(-frames // long.shape[1])
    yield "encoder", "last_window", {"log_mel": short}
    yield "encoder", "windows", {"log_mel": np.tile(long, (1, repeats))[:, :frames]}


def _stored(workspace: Workspace, probe: int) -> Mapping[str, Array]:
    """Return the arrays of the reference's output for a probe, by name."""
    path = workspace.stage_path("reference") / reference_output_name(PROBE_SECONDS[probe])
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays}
