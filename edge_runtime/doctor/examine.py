"""The examination: facts first, then probes, then what they mean."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from edge_runtime.bundle.manifest import Target
from edge_runtime.doctor.backends import TARGETS, Situation, backend_findings, backend_of, codes_finding
from edge_runtime.doctor.bundles import BundleFolder, examine_bundle, find_bundles
from edge_runtime.doctor.gpus import cuda_facts, gpu_findings, has_nvidia_gpu
from edge_runtime.doctor.host import Host
from edge_runtime.doctor.jetson import jetson_findings, read_jetson
from edge_runtime.doctor.memory import memory_findings, read_memory
from edge_runtime.doctor.packages import installed_onnxruntimes, package_findings
from edge_runtime.doctor.processor import cpu_findings, read_cpu
from edge_runtime.doctor.report import SCHEMA, Finding, Machine, Report
from edge_runtime.doctor.sentences import first_sentence
from edge_runtime.doctor.storage import storage_findings
from edge_runtime.doctor.trials.trial import RunTrial, Trial, run_trial
from edge_runtime.version import VERSION

_NEWER_ONNXRUNTIME: Final = (3, 11)
"""First Python that has releases of ONNX Runtime after 1.23."""
_FFMPEG_HINT: Final = "sudo apt-get install ffmpeg"


def examine(
    host: Host, named: Sequence[Path] = (), engines: Path = Path("engines"), run: RunTrial = run_trial
) -> Report:
    """Examine a machine.

    Args:
        host: file tree and environment.
        named: bundles to examine; none takes those under `engines`.
        engines: folder of the bundles.
        run: runs a probe by name.
    """
    gpu, trials = run("gpu"), {target: run(target) for target in TARGETS}
    bundles = find_bundles(named, engines)
    machine = _machine(host, gpu)
    situation = _situation(host, machine, gpu, bundles)
    findings = [*_machine_findings(host, machine, situation, gpu), *backend_findings(trials, situation)]
    if trials["ort-cpu"].passed:
        findings.append(codes_finding(run("codes"), newer_exists=sys.version_info >= _NEWER_ONNXRUNTIME))
    findings += package_findings(installed_onnxruntimes(), trials["ort-cpu"], trials["ort-cuda"])
    passing = {target for target, trial in trials.items() if trial.passed}
    examined = [examine_bundle(bundle, machine.memory, machine.gpus, run, passing) for bundle in bundles]
    findings += [finding for _, own in examined for finding in own]
    findings += [_ffmpeg_finding(run("ffmpeg")), *storage_findings(host, engines)]
    reports = tuple(report for report, _ in examined)
    return Report(
        schema=SCHEMA,
        usable=bool(passing) and not (named and any(report.opened is not True for report in reports)),
        machine=machine,
        backends=tuple(backend_of(target, trial) for target, trial in trials.items()),
        bundles=reports,
        findings=tuple(findings),
    )


def _machine(host: Host, gpu: Trial) -> Machine:
    names, facts = platform.uname(), cuda_facts(gpu)
    return Machine(
        edge_asr=VERSION,
        system=_distribution(host) or names.system,
        kernel=f"{names.system} {names.release} {names.machine}",
        python=platform.python_version(),
        cpu=read_cpu(host),
        memory=read_memory(host),
        jetson=read_jetson(host),
        cuda=None if facts is None else facts.versions,
        gpus=() if facts is None else facts.gpus,
    )


def _distribution(host: Host) -> str:
    named = re.search(r'^PRETTY_NAME="?([^"\n]+)', host.text("etc/os-release"), re.MULTILINE)
    return named[1] if named else ""


def _situation(host: Host, machine: Machine, gpu: Trial, bundles: Sequence[BundleFolder]) -> Situation:
    needed: set[Target] = {bundle.target for bundle in bundles if bundle.target is not None}
    return Situation(
        host=host,
        jetson=machine.jetson,
        has_gpu=has_nvidia_gpu(host, machine.jetson, gpu),
        needed=needed,
        has_gpu_package="onnxruntime-gpu" in installed_onnxruntimes(),
    )


def _machine_findings(host: Host, machine: Machine, situation: Situation, gpu: Trial) -> Iterator[Finding]:
    if machine.jetson is not None:
        yield from jetson_findings(host, machine.jetson)
    yield from cpu_findings(host, machine.cpu)
    yield from memory_findings(machine.memory, compiles=machine.jetson is not None)
    yield from gpu_findings(gpu, has_gpu=situation.has_gpu, jetson=machine.jetson)


def _ffmpeg_finding(trial: Trial) -> Finding:
    if trial.passed:
        message = "ffmpeg decodes AAC in MP4, so m4a, mp4, mkv and webm files can be read."
        return Finding(code="ffmpeg", status="ok", message=message)
    message = f"m4a, mp4, mkv and webm files cannot be read: {first_sentence(trial.reason)}"
    return Finding(code="ffmpeg", status="warning", message=message, hint=_FFMPEG_HINT, detail=trial.reason)
