"""Runs the wheel with the oldest releases inside its ranges: `python check_oldest.py UV FOLDER`.

FOLDER receives an environment. The Python that runs this has hatchling; the oldest releases need wheels for
it. Each bound of `[cpu,trust]` was tried like this on Python 3.11: typer 0.26.0 does not read the environment
and onnxruntime 1.22.1 refuses the graphs; releases before the other bounds work as well.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
CLIP: Final = ROOT / "tests" / "clips" / "en-00001.flac"
SPOKEN: Final = "Call the doctor at two thirty two."
COMMANDS: Final = (
    (("--version",), None),
    (("run", "-m", "mini", str(CLIP)), SPOKEN),
    (("verify", "-m", "mini", "--quiet"), ""),
    (("info", "-m", "mini", "--json"), None),
    (("doctor", "--help"), None),
    (("keygen", "maker"), "maker.key\nmaker.pub"),
    (("sign", "bundle", "--key", "maker.key"), "bundle/manifest.json.sig"),
    (("run", "-m", "bundle", "--trust", "maker.pub", str(CLIP)), SPOKEN),
)
"""Arguments → what is printed, None for anything but the version where that was not asked for."""
SERVER: Final = ("starlette", "uvicorn", "websockets", "python-multipart", "prometheus-client")
EXTRAS: Final = ("cpu", "trust", "server")
VERSION: Final = "0.1.0"
_BUNDLE: Final = "from edge_runtime.bundle.shipped import SHIPPED; print(SHIPPED['mini'])"


def install(uv: str, folder: Path) -> Path:
    """Install the wheel and the oldest of what it requires; return the folder of the programs."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    pins, python = folder / "oldest.txt", folder / "venv" / "bin" / "python"
    options = ["--quiet", "--resolution", "lowest-direct", "--only-binary", ":all:", "--no-header"]
    options += [
        "--python",
        sys.executable,
        "--extra",
        "cpu",
        "--extra",
        "trust",
        "--extra",
        "server",
        "--output-file",
        str(pins),
    ]
    subprocess.run([uv, "pip", "compile", *options, str(ROOT / "pyproject.toml")], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    requested = ["-r", str(pins), f"edge-asr @ {wheel.as_uri()}"]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *requested], check=True)
    return python.parent


def check(programs: Path, folder: Path) -> None:
    """Run the commands in an empty folder, with a copy of the package's bundle to sign."""
    folder.mkdir()
    found = subprocess.run(
        [str(programs / "python"), "-c", _BUNDLE], cwd=folder, check=True, capture_output=True, text=True
    )
    shutil.copytree(found.stdout.strip(), folder / "bundle")
    for arguments, expected in COMMANDS:
        command = [str(programs / "edge-asr"), *arguments]
        done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
        printed = done.stdout.strip()
        is_version = printed == VERSION
        if printed != expected if expected is not None else is_version != (arguments == ("--version",)):
            sys.exit(f"edge-asr {' '.join(arguments)} gives {printed!r}.")


def check_server(programs: Path) -> None:
    """Ask a server for the text of the clip, as `curl -F file=@…` does."""
    command = [str(programs / "edge-asr"), "serve", "-m", "mini", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None, "it is a pipe"
        try:
            address = re.search(r"http://[\d.:]+", started := server.stderr.readline())
            if address is None:
                sys.exit(f"edge-asr serve says {started!r}.")
            text = _post(f"{address[0]}/v1/audio/transcriptions", CLIP)
            if text != SPOKEN:
                sys.exit(f"edge-asr serve gives {text!r}.")
        finally:
            server.terminate()


def _post(url: str, recording: Path) -> str:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="clip"\r\n\r\n'
    form = head + recording.read_bytes() + b"\r\n--x--\r\n"
    request = urllib.request.Request(url, form, {"Content-Type": "multipart/form-data; boundary=x"})  # noqa: S310 # http
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 # http
        return str(json.load(answer)["text"])


def main(uv: str, folder: str) -> None:
    """Install and check."""
    work = Path(folder).resolve()
    programs = install(str(Path(uv).resolve()), work)
    check(programs, work / "elsewhere")
    check_server(programs)
    pins = (work / "oldest.txt").read_text("utf-8").splitlines()
    direct = ("numpy", "soundfile", "soxr", "msgspec", "typer", "onnxruntime", "cryptography", *SERVER)
    shown = ", ".join(each.strip() for each in pins if each.partition("==")[0] in direct)
    sys.stdout.write(
        f"[cpu,trust,server] with the oldest releases: {len(COMMANDS)} commands and a server, {shown}\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
