"""One peer in a process of its own: a job as JSON on stdin, the result as the last line of stdout."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from edge_bench.peers.catalogue import make
from edge_bench.peers.peer import Clip, Peer, PeerError, Settings

_WARM_UP_TOKENS: Final = 3

Action = Literal["available", "convert", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One action of a peer.

    Attributes:
        peer: a name of the catalogue.
        action: look whether it can run, convert its weights, or run it.
        settings: settings of the peer.
        clips: recordings to run.
        num_tokens: length of each text.
    """

    peer: str
    action: Action
    settings: Settings
    clips: tuple[Clip, ...] = ()
    num_tokens: int = 0

    def to_json(self) -> str:
        """Return the job as JSON."""
        return json.dumps(asdict(self), default=str)


def job_of(text: str) -> Job:
    """Read what `Job.to_json` wrote."""
    fields = json.loads(text)
    paths = {"work", "hf", "original", "antirez", "bundle"}
    settings: dict[str, Any] = {
        name: Path(value) if name in paths and value is not None else value
        for name, value in fields.pop("settings").items()
    }
    clips = [
        Clip(**{**clip, "wav": Path(clip["wav"]), "prompt_ids": tuple(clip["prompt_ids"])})
        for clip in fields.pop("clips")
    ]
    return Job(**fields, settings=Settings(**settings), clips=tuple(clips))


def work(job: Job) -> dict[str, Any]:
    """Do a job; a peer that cannot run is a result, not an error."""
    try:
        peer = make(job.peer, job.settings)
        reason = peer.available()
        if reason is not None or job.action == "available":
            return {"missing": reason, "versions": {} if reason else peer.versions()}
        peer.convert()
        return {"missing": None, "times": _run(peer, job) if job.action == "run" else []}
    except ModuleNotFoundError as error:
        return {"missing": f"the Python package {error.name!r} is not installed"}
    except PeerError as error:
        return {"missing": str(error)}


def _run(peer: Peer, job: Job) -> list[dict[str, Any]]:
    peer.prepare()
    times = []
    for clip in job.clips:
        peer.run(clip, _WARM_UP_TOKENS)  # pages in the weights, grows arenas, fills caches
        times.append(asdict(peer.run(clip, job.num_tokens)))
    return times


def main() -> None:
    """Read a job, do it, write the result."""
    result = work(job_of(sys.stdin.read()))
    sys.stdout.write("\n" + json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
