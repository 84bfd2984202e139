"""Installs the wheel with the extra `cpu`, runs it, and checks its size: `python check_install.py FOLDER`.

FOLDER receives the wheel and an environment without the checkout. The Python that runs this has hatchling.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
MAX_PACKAGES: Final = 24
MAX_MEGABYTES: Final = 170
MAX_SECONDS: Final = 60.0
"""From `pip install` to the first transcript, with a network and a disk of our time."""
CLIP: Final = ROOT / "tests" / "clips" / "en-00001.flac"
SPOKEN: Final = "Call the doctor at two thirty two."
ABSENT: Final = ("torch", "transformers", "onnx", "tokenizers", "huggingface_hub")
OURS: Final = {"edge-asr", "pip", "setuptools"}
"""What every environment has, and the wheel itself."""
SIZES: Final = """
import importlib.metadata, json
sizes = {}
for distribution in importlib.metadata.distributions():
    paths = (file.locate() for file in distribution.files)
    sizes[distribution.metadata["Name"]] = sum(path.stat().st_size for path in paths if path.is_file())
print(json.dumps(sizes))
"""


def install(folder: Path) -> Path:
    """Build the wheel, install it in a new environment, and return the environment's Python."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    # Bytecode is no part of a package's size: pip writes as much again as Python code takes.
    pip = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        f"edge-asr[cpu] @ {wheel.as_uri()}",
    ]
    subprocess.run(pip, check=True)
    return python


def check_transcript(python: Path, folder: Path) -> None:
    """Transcribe a clip with the wheel's bundle in an empty folder, without the exporter's packages."""
    finding = f"import importlib.util as u; print([n for n in {ABSENT} if u.find_spec(n)])"
    present = subprocess.run([str(python), "-c", finding], check=True, capture_output=True, text=True).stdout
    if present.strip() != "[]":
        sys.exit(f"[cpu] brings what only the exporter needs: {present}")
    folder.mkdir()
    command = [str(python.parent / "edge-asr"), "run", "--model", "mini", str(CLIP)]
    text = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    if text != SPOKEN:
        sys.exit(f"The bundle in the wheel gives {text!r}, not {SPOKEN!r}.")


def check_size(python: Path) -> None:
    """Count packages and megabytes of an environment, pip and edge-asr left out."""
    done = subprocess.run([str(python), "-B", "-c", SIZES], check=True, capture_output=True, text=True)
    sizes = {name: size for name, size in json.loads(done.stdout).items() if name not in OURS}
    megabytes = sum(sizes.values()) / 1e6
    sys.stdout.write(f"[cpu]: {len(sizes)} packages, {megabytes:.0f} MB\n")
    if len(sizes) > MAX_PACKAGES or megabytes > MAX_MEGABYTES:
        listing = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in sorted(sizes.items()))
        sys.exit(f"More than {MAX_PACKAGES} packages or {MAX_MEGABYTES} MB: {listing}")


def main(folder: str) -> None:
    """Install and check."""
    work = Path(folder).resolve()
    started = time.perf_counter()
    python = install(work)
    check_transcript(python, work / "elsewhere")
    seconds = time.perf_counter() - started
    sys.stdout.write(f"[cpu]: wheel, environment, pip install and a first transcript in {seconds:.0f} s\n")
    check_size(python)
    if seconds > MAX_SECONDS:
        sys.exit(f"That is more than {MAX_SECONDS:.0f} s.")


if __name__ == "__main__":
    main(*sys.argv[1:])
