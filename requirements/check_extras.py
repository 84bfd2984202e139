"""Resolves the extras for machines that are not here: `python check_extras.py UV`.

Each extra must install, or be refused, as `EXPECTED` says: x86-64 and aarch64, Python 3.10 of Ubuntu 22.04
and JetPack 6, Python 3.12 of Ubuntu 24.04 and JetPack 7. Nothing is downloaded but what the packages declare.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
STUBS: Final = ("tensorrt", "tensorrt-cu13", "tensorrt-cu13-libs", "tensorrt-rtx", "tensorrt-rtx-cu13")
"""Source releases that only name wheels; the libraries' wheels are on pypi.nvidia.com."""
NUM_WORKERS: Final = 12
"""All at once: they wait for the index."""


@dataclass(frozen=True)
class Machine:
    """A platform in uv's words, and its Python."""

    platform: str
    python: str


MACHINES: Final = (
    Machine("x86_64-manylinux_2_35", "3.10"),
    Machine("aarch64-manylinux_2_35", "3.10"),
    Machine("x86_64-manylinux_2_39", "3.12"),
    Machine("aarch64-manylinux_2_39", "3.12"),
)
EXPECTED: Final = {
    "cpu": ("onnxruntime",),
    "trust": ("cryptography",),
    "mic": ("sounddevice",),
    "server": ("starlette", "uvicorn", "websockets", "python-multipart", "prometheus-client"),
    "gpu": ("onnxruntime-gpu", "nvidia-cudnn-cu1", "nvidia-cublas", "nvidia-cuda-runtime"),
    "tensorrt": ("tensorrt", "tensorrt-cu13-bindings", "tensorrt-cu13-libs", "nvidia-cuda-runtime"),
    "rtx": ("tensorrt-rtx", "tensorrt-rtx-cu13-libs", "nvidia-cuda-runtime"),
    "export": ("torch", "transformers", "onnx", "onnxscript", "onnxruntime"),
}
"""Extra → beginnings of the names of packages that it must bring."""
FOREIGN: Final = {
    "cpu": ("torch", "nvidia", "cuda", "tensorrt", "tokenizers"),
    "gpu": ("torch", "tensorrt"),
}
"""Extra → beginnings of the names of packages that it must not bring."""
TOGETHER: Final = (("cpu", "trust", "mic", "server"), ("gpu",), ("tensorrt", "rtx", "export"))
"""Extras that are resolved in one call, which takes seconds."""
REFUSED: Final = {("gpu", Machine("aarch64-manylinux_2_35", "3.10")): "onnxruntime-gpu"}
"""Where an extra cannot be installed, and the package that has no wheel there."""


def resolve(uv: str, extras: tuple[str, ...], machine: Machine) -> subprocess.CompletedProcess[str]:
    """Resolve edge-asr with extras from wheels alone."""
    options = ["--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:"]
    options += chain.from_iterable(("--no-binary", stub) for stub in STUBS)
    options += chain.from_iterable(("--extra", extra) for extra in extras)
    place = ["--python-platform", machine.platform, "--python-version", machine.python]
    return subprocess.run(
        [uv, "pip", "compile", *options, *place, str(ROOT / "pyproject.toml")],
        env={**os.environ, "NVIDIA_TENSORRT_DISABLE_INTERNAL_PIP": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def problem(extra: str, machine: Machine, done: subprocess.CompletedProcess[str]) -> str | None:
    """Return what is not as expected, None where all is."""
    refused = REFUSED.get((extra, machine))
    if done.returncode != 0:
        if refused is not None and f"`{refused}`" in done.stderr:
            return None
        return f"cannot be installed: {' '.join(done.stderr.split())[:600]}"
    if refused is not None:
        return f"can be installed by now, though no wheel of {refused} was expected"
    names = [line.partition("==")[0] for line in done.stdout.splitlines()]
    missing = [each for each in EXPECTED[extra] if not any(name.startswith(each) for name in names)]
    foreign = [name for name in names if name.startswith(FOREIGN.get(extra, ("\0",)))]
    if missing or foreign:
        return f"brings no {missing}, and {foreign} though it must not"
    return None


def main(uv: str) -> None:
    """Resolve every extra for every machine."""
    cases = [(extras, machine) for extras in TOGETHER for machine in MACHINES]
    with ThreadPoolExecutor(NUM_WORKERS) as pool:
        results = list(pool.map(lambda case: resolve(uv, *case), cases))
    problems = []
    for (extras, machine), done in zip(cases, results, strict=True):
        wrong = [text for extra in extras if (text := problem(extra, machine, done))]
        state = "refused" if done.returncode else f"{len(done.stdout.splitlines())} packages"
        place = f"[{','.join(extras)}] on {machine.platform}, Python {machine.python}"
        sys.stdout.write(f"{place}: {'; '.join(wrong) or state}\n")
        problems += wrong
    if problems:
        sys.exit(f"{len(problems)} extras are not as expected.")


if __name__ == "__main__":
    main(*sys.argv[1:])
