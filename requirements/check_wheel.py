"""Builds the wheel twice and compares the bytes: `python check_wheel.py FOLDER`.

The second build is of a copy in another folder, whose files have another date, mask and order, in another
time zone. The Python that runs this has hatchling.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
_MANY_YEARS_AGO: Final = 1_000_000_000
_ENVIRONMENT: Final = {"SOURCE_DATE_EPOCH": "1580601600"}


def build(source: Path, folder: Path, **environment: str) -> Path:
    """Build the wheel of a checkout into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=source, env={**os.environ, **_ENVIRONMENT, **environment}, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def copied(folder: Path) -> Path:
    """Copy what Git tracks or would, the last file first."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in sorted(filter(None, names.split("\0")), reverse=True):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
            (folder / name).chmod(0o600)
            os.utime(folder / name, (_MANY_YEARS_AGO, _MANY_YEARS_AGO))
    return folder


def differing(first: Path, second: Path) -> list[str]:
    """Return the names of what differs inside two wheels."""
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as other:
        names = sorted({*one.namelist(), *other.namelist()})
        return [
            name
            for name in names
            if name not in one.namelist()
            or name not in other.namelist()
            or one.read(name) != other.read(name)
        ]


def main(folder: str) -> None:
    """Build twice and compare."""
    work = Path(folder).resolve()
    shutil.rmtree(work, ignore_errors=True)
    first = build(ROOT, work / "first")
    second = build(copied(work / "copy"), work / "second", TZ="Asia/Tokyo")
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)]
    if hashes[0] != hashes[1]:
        sys.exit(f"Two builds differ: {', '.join(differing(first, second)) or 'order, dates or modes'}.")
    sys.stdout.write(f"{first.name}: two builds, sha256 {hashes[0]}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
