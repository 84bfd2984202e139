"""Run peers and bundles in turn and summarize."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from edge_bench.peers.catalogue import OURS, PEERS
from edge_bench.peers.harness.comparison import Comparison, OneClip
from edge_bench.peers.harness.process import WorkerResult, run_worker
from edge_bench.peers.harness.schedule import alternate
from edge_bench.peers.harness.summary import compare, summarize
from edge_bench.peers.harness.worker import Action, Job
from edge_bench.peers.peer import Clip, Settings, StageTimes
from edge_bench.speed.environment import read_environment
from edge_runtime.errors import CheckFailedError
from edge_runtime.version import VERSION

Print = Callable[[str], None]
RunWorker = Callable[[Path, Job], WorkerResult]
_THIS_PYTHON: Final = Path(sys.executable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to compare.

    Attributes:
        settings: threads, checkpoints and folders for all programs.
        bundles: bundles of edge-asr.
        peers: names of the catalogue.
        pythons: interpreters in which peers are looked for, in order.
        clips: recordings.
        num_tokens: length of each text.
        rounds: minimum number of runs of every program.
    """

    settings: Settings
    bundles: tuple[Path, ...]
    peers: tuple[str, ...] = tuple(PEERS)
    pythons: tuple[Path, ...] = (_THIS_PYTHON,)
    clips: tuple[Clip, ...]
    num_tokens: int = 40
    rounds: int = 3


@dataclass(slots=True)
class Harness:
    """One comparison under way.

    Attributes:
        request: what to compare.
        log: shows a line of progress.
        run_worker: runs a job in a worker process.
    """

    request: Request
    log: Print
    run_worker: RunWorker = run_worker
    _interpreters: dict[str, Path] = field(default_factory=dict)
    _missing: dict[str, str] = field(default_factory=dict)
    _versions: dict[str, str] = field(default_factory=lambda: {OURS: VERSION})
    _times: dict[str, list[tuple[StageTimes, ...]]] = field(default_factory=dict)

    def run(self) -> Comparison:
        """Find the peers, convert weights, run all rounds, summarize.

        Raises:
            CheckFailedError: one of our own bundles does not run.
        """
        for name in self.request.peers:
            self._find(name)
        bundles = {_label(path): path for path in self.request.bundles}
        order = tuple(alternate(tuple(self._interpreters), tuple(bundles), self.request.rounds))
        for number, name in enumerate(order, 1):
            if name not in self._missing:  # it may have failed in an earlier round
                self.log(f"{number}/{len(order)} {name}")
                self._measure(name, bundles.get(name))
        return self._comparison(order, tuple(bundles))

    def _find(self, name: str) -> None:
        """Find an interpreter in which a peer runs, and convert its weights there."""
        result = WorkerResult("no interpreter was named")
        for python in self.request.pythons:
            result = self.run_worker(python, self._job(name, "available"))
            if result.missing is None:
                self._versions |= result.versions
                self.log(f"preparing {name}")
                result = self.run_worker(python, self._job(name, "convert"))
                self._interpreters[name] = python
                break
        if result.missing is not None:
            self._exclude(name, result.missing)

    def _measure(self, name: str, bundle: Path | None) -> None:
        if bundle is None:
            result = self.run_worker(self._interpreters[name], self._job(name, "run"))
        else:
            result = self.run_worker(_THIS_PYTHON, self._job(OURS, "run", bundle))
            if result.missing is not None:
                raise CheckFailedError(f"{bundle}: cannot be measured: {result.missing}")
        if result.missing is not None:
            self._exclude(name, result.missing)
        else:
            self._times.setdefault(name, []).append(result.times)

    def _exclude(self, name: str, reason: str) -> None:
        self._missing[name] = reason
        self._interpreters.pop(name, None)
        self._times.pop(name, None)
        self.log(f"left out: {name}: {reason}")

    def _job(self, peer: str, action: Action, bundle: Path | None = None) -> Job:
        request = self.request
        settings = replace(request.settings, bundle=bundle)
        clips = request.clips if action == "run" else ()
        return Job(peer=peer, action=action, settings=settings, clips=clips, num_tokens=request.num_tokens)

    def _comparison(self, order: Sequence[str], ours: Sequence[str]) -> Comparison:
        request = self.request
        return Comparison(
            date=datetime.now(timezone.utc).date().isoformat(),
            num_tokens=request.num_tokens,
            threads=request.settings.threads,
            rounds=request.rounds,
            order=tuple(order),
            missing=dict(self._missing),
            versions=dict(self._versions),
            environment=read_environment(),
            results=tuple(self._one_clip(index, ours) for index in range(len(request.clips))),
        )

    def _one_clip(self, index: int, ours: Sequence[str]) -> OneClip:
        ordered_names = sorted(self._times, key=lambda name: name in ours)
        runs = {name: tuple(times[index] for times in self._times[name]) for name in ordered_names}
        rows = {name: summarize(name, times, self.request.num_tokens) for name, times in runs.items()}
        ratios = [compare(rows[own], row) for own in ours for name, row in rows.items() if name not in ours]
        clip = self.request.clips[index]
        return OneClip(clip=clip, runs=runs, rows=tuple(rows.values()), ratios=tuple(ratios))


def _label(bundle: Path) -> str:
    return f"{OURS} {bundle.name}"
