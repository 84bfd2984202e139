"""The process of a probe: `python -m edge_runtime.doctor.trials.trial_process NAME [ARGUMENT...]`.

It prints one line, the `Trial` as JSON. What a library prints goes to stderr.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec

from edge_runtime.doctor.trials import bundle_trial, ffmpeg_trial, gpu_trial, onnx_trial, trt_trial
from edge_runtime.doctor.trials.trial import Trial
from edge_runtime.errors import EdgeAsrError, StaleEngineError

_PROBES: Final[Mapping[str, Callable[..., Trial]]] = {
    "ort-cpu": partial(onnx_trial.run_graph, "ort-cpu"),
    "ort-cuda": partial(onnx_trial.run_graph, "ort-cuda"),
    "codes": onnx_trial.run_codes,
    "tensorrt": partial(trt_trial.run_network, "tensorrt"),
    "tensorrt-rtx": partial(trt_trial.run_network, "tensorrt-rtx"),
    "gpu": gpu_trial.describe_gpus,
    "bundle": bundle_trial.open_graphs,
    "ffmpeg": ffmpeg_trial.decode,
}
_COMMAND: Final = re.compile(r"`((?:pip|sudo|edge-asr|nvidia-smi|cp)\b[^`]*)`")


def main() -> None:
    """Run a probe and print how it went."""
    name, *arguments = sys.argv[1:]
    # A copy of stdout for the answer; libraries print to the original from C as well.
    answer = os.dup(1)
    os.dup2(2, 1)
    trial = _run(_PROBES[name], arguments)
    os.write(answer, msgspec.json.encode(trial) + b"\n")
    # Libraries may crash while they are unloaded, after the answer.
    os._exit(0)


def _run(probe: Callable[..., Trial], arguments: list[str]) -> Trial:
    try:
        return probe(*arguments)
    except EdgeAsrError as error:
        missing = isinstance(error.__cause__, ModuleNotFoundError)
        return Trial(outcome="missing" if missing else "failed", reason=str(error), hint=_hint(error))
    except Exception as error:  # noqa: BLE001 - whatever a broken library raises is its verdict
        return Trial(outcome="failed", reason=f"{type(error).__name__}: {' '.join(str(error).split())}.")


def _hint(error: EdgeAsrError) -> str | None:
    """Return the command that an error names."""
    if isinstance(error, StaleEngineError):
        return error.rebuild
    command = _COMMAND.search(str(error))
    return command[1] if command else None


if __name__ == "__main__":
    main()
