"""Files on what the runtime's extras install: `python runtime.py UV`, with Python 3.11 or later.

For each extra of `EXTRAS`, `runtime-EXTRA.txt` pins every package with the hashes of its wheels, at the
versions of the lock, for all platforms and Pythons. From these and `licenses.toml` it writes the SBOM and
the notices that go into the wheel.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import sbom
from pinned import read_pins

FOLDER: Final = Path(__file__).resolve().parent
EXTRAS: Final = ("cpu", "gpu")
"""Not `tensorrt` and `rtx`: their packages on PyPI are sources that fetch wheels from NVIDIA's index."""
OPTIONAL: Final = ("trust", "server")
"""Extras that are pinned along with each of these."""


def compile_pins(uv: str, extra: str) -> Path:
    """Resolve an extra from wheels alone and write its file."""
    path = FOLDER / f"runtime-{extra}.txt"
    options = ["--quiet", "--upgrade", "--universal", "--python-version", "3.10", "--only-binary", ":all:"]
    options += ["--generate-hashes", "--no-annotate", "--custom-compile-command", "make lock"]
    options += [f"--extra={each}" for each in (extra, *OPTIONAL)]
    # The lock's own path would be noted in the file.
    options += ["--constraint", str(FOLDER / "lock.txt"), "--output-file", str(path)]
    subprocess.run([uv, "pip", "compile", *options, str(FOLDER.parent / "pyproject.toml")], check=True)
    return path


def main(uv: str) -> None:
    """Write all files."""
    pins = {extra: read_pins(compile_pins(uv, extra)) for extra in EXTRAS}
    (FOLDER.parent / "THIRD_PARTY_NOTICES.md").write_text(sbom.notices(pins), "utf-8")
    (FOLDER / "edge-asr.cdx.json").write_text(sbom.cyclonedx(pins["cpu"]), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
