"""Start workers: every run has a process of its own, so that programs share neither threads nor memory."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import edge_bench
from edge_bench.peers.harness.worker import Job
from edge_bench.peers.peer import PeerError, StageTimes

_THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
_PACKAGES: Final = Path(edge_bench.__path__[0]).parent
"""The folder from which another interpreter imports this package."""


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """The result of a job.

    Attributes:
        missing: why the peer cannot run; None where it can.
        times: for each clip.
        versions: of the peer's packages.
    """

    missing: str | None
    times: tuple[StageTimes, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def run_worker(python: Path, job: Job) -> WorkerResult:
    """Run a job in a new process.

    Args:
        python: interpreter that has the peer installed.
        job: the job.
    """
    command = [str(python), "-m", "edge_bench.peers.harness.worker"]
    try:
        completed = subprocess.run(  # noqa: S603 - the interpreter is the user's choice
            command,
            input=job.to_json(),
            env=environment(job.settings.threads),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        return WorkerResult(f"{python} cannot be started: {error.strerror}")
    if completed.returncode:
        return WorkerResult(f"its process ended with {completed.returncode}: {_last_line(completed.stderr)}")
    return parse_result(completed.stdout)


def parse_result(output: str) -> WorkerResult:
    """Read the last line of a worker's output; libraries may write lines before it."""
    try:
        fields = json.loads(output.splitlines()[-1])
        times = tuple(StageTimes(**one) for one in fields.get("times", ()))
        return WorkerResult(fields["missing"], times, fields.get("versions", {}))
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise PeerError(f"a worker's answer cannot be read: {output[-200:]!r}") from error


def environment(threads: int, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return a worker's environment: it finds this package, and every library is limited to `threads`."""
    paths = [str(_PACKAGES), *filter(None, [inherited.get("PYTHONPATH")])]
    limits = dict.fromkeys(_THREAD_VARIABLES, str(threads))
    return {**inherited, **limits, "PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it wrote nothing"
