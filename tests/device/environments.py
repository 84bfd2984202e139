"""Fresh environments of several Pythons, with nothing of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
_UNSEEN: Final = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment.

    Attributes:
        folder: its own.
        uv: the installer.
    """

    folder: Path
    uv: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def install(self, *requirements: str, target: Path | None = None) -> None:
        """Install packages, without what they declare where a folder is named."""
        place = ["--no-deps", "--target", str(target)] if target else []
        install = [str(self.uv), "pip", "install", "--quiet", "--python", str(self.python), *place]
        subprocess.run([*install, *requirements], check=True, env=clean())

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, and return its result whatever it is."""
        program, *arguments = command
        return subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**clean(), **variables},
        )


def clean() -> dict[str, str]:
    """Return this process's variables without those that lead to the checkout or change commands."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _UNSEEN and not name.startswith("EDGE_ASR_")
    }


def new_environment(version: str, folder: Path, uv: Path) -> Environment:
    """Make an environment of a version of Python, as `3.10`."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(
        [str(uv), "venv", "--quiet", "--python", str(_interpreter(version, uv)), str(folder)],
        check=True,
        env=clean(),
    )
    return Environment(folder, uv)


def build_wheel(folder: Path) -> Path:
    """Build the wheel with the hatchling of this Python."""
    shutil.rmtree(folder, ignore_errors=True)
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _interpreter(version: str, uv: Path) -> Path:
    """Return a Python of this machine, or one that uv fetches."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (f"python{version}", *map(str, pyenv.glob(f"{version}.*/bin/python"))):
        # A shim of pyenv is there and does not run.
        if shutil.which(candidate) and _output(candidate, "-c", "import venv") is not None:
            return Path(str(shutil.which(candidate)))
    subprocess.run([str(uv), "python", "install", "--quiet", version], check=True)
    path = _output(str(uv), "python", "find", "--managed-python", version)
    if path is None:
        sys.exit(f"Python {version} is not here and uv cannot fetch it.")
    return Path(path)


def _output(*command: str) -> Any:
    done = subprocess.run(list(command), check=False, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None
