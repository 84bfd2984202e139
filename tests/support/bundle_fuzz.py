"""Damage a bundle in thousands of ways; each must be refused, exit code 5, before a back end is imported.

    python -m tests.support.bundle_fuzz --edits 10000

The last line is `edits: cases=N wrong=0 · manifests: cases=N wrong=0`; the exit code is 1 unless both are 0.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from edge_runtime import Recognizer
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.manifest_file import DIGEST_NAME, digest_line
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.errors import EdgeAsrError, ExitCode
from tests.support.crafted_manifests import crafted_manifests

_BACK_ENDS = ("onnxruntime", "tensorrt", "tensorrt_rtx")
_MAX_FILE_BYTES = 36_000
"""Of a file of the bundle that is damaged: hashing megabytes thousands of times shows no more."""
_MAX_SECONDS = 2.0
Edit = Callable[[Path, Random], str]


def write_small_bundle(folder: Path) -> Path:
    """Write the package's bundle with its files cut short, listed and hashed as they are then."""
    shutil.copytree(SHIPPED["mini"], folder)
    tree = json.loads((folder / MANIFEST_NAME).read_bytes())
    for name in tree["files"]:
        data = (folder / name).read_bytes()[:_MAX_FILE_BYTES]
        (folder / name).write_bytes(data)
        tree["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    write_manifest(folder, json.dumps(tree, indent=2, sort_keys=True).encode())
    return folder


def write_manifest(folder: Path, data: bytes) -> None:
    """Write a manifest with its right hash."""
    (folder / MANIFEST_NAME).write_bytes(data)
    (folder / DIGEST_NAME).write_text(digest_line(hashlib.sha256(data).hexdigest()), "ascii")


def _flip(path: Path, random: Random) -> str:
    data = bytearray(path.read_bytes())
    place = random.randrange(len(data))
    data[place] ^= random.randrange(1, 256)
    path.write_bytes(data)
    return f"byte {place} flipped"


def _cut(path: Path, random: Random) -> str:
    size = random.randrange(path.stat().st_size)
    os.truncate(path, size)
    return f"cut to {size}"


def _append(path: Path, random: Random) -> str:
    path.write_bytes(path.read_bytes() + random.randbytes(random.randrange(1, 100)))
    return "bytes appended"


def _exchange(path: Path, random: Random) -> str:
    data = path.read_bytes()
    place = random.randrange(1, len(data))
    moved = data[place:] + data[:place]
    path.write_bytes(moved if moved != data else data + b"x")
    return f"turned round at {place}"


def _list_again(path: Path, random: Random) -> str:
    """Flip a byte and list the file as it is, without the hash of the manifest."""
    what = _flip(path, random)
    manifest = path.with_name(MANIFEST_NAME)
    tree = json.loads(manifest.read_bytes())
    data = path.read_bytes()
    tree["files"][path.name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest.write_bytes(json.dumps(tree, indent=2, sort_keys=True).encode())
    return f"{what} and listed again"


def _replace(path: Path, random: Random) -> str:
    """Put something else than a file at its place."""
    elsewhere = path.parent.with_name("elsewhere")
    path.replace(elsewhere)
    kind = random.choice(("gone", "a link", "a pipe", "a folder", "another name"))
    makers: dict[str, Callable[[], object]] = {
        "a link": lambda: path.symlink_to(elsewhere),
        "a pipe": lambda: os.mkfifo(path),
        "a folder": path.mkdir,
        "another name": lambda: shutil.copy(elsewhere, path.with_name(f"{path.name}.old")),
    }
    makers.get(kind, lambda: None)()
    return kind


def _share(path: Path, _random: Random) -> str:
    path.chmod(0o666)
    return "writable for everybody"


_EDITS: tuple[tuple[Edit, int], ...] = (
    (_flip, 50),
    (_cut, 15),
    (_append, 15),
    (_exchange, 5),
    (_list_again, 10),
    (_replace, 4),
    (_share, 1),
)


def damaged(folder: Path, random: Random) -> str:
    """Damage one file of a bundle; return how."""
    (edit,) = random.choices([edit for edit, _ in _EDITS], [weight for _, weight in _EDITS])
    names = sorted(path.name for path in folder.iterdir())
    listed = [name for name in names if not name.startswith(MANIFEST_NAME)]
    name = random.choice(listed if edit is _list_again else names)
    return f"{name}: {edit(folder / name, random)}"


def wrong_end(folder: Path) -> str | None:
    """Return how loading ended otherwise than with exit code 5, None where it did so."""
    started = time.perf_counter()
    try:
        Recognizer.load(folder)
    except EdgeAsrError as error:
        wrong = None if error.exit_code == ExitCode.BUNDLE else f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no typed error
        wrong = f"{type(error).__name__}: {error}"
    else:
        wrong = "loaded"
    if imported := [name for name in _BACK_ENDS if name in sys.modules]:
        wrong = f"{imported[0]} was imported ({wrong})"
    if time.perf_counter() - started > _MAX_SECONDS:
        wrong = f"took {time.perf_counter() - started:.1f} s ({wrong})"
    return wrong


def count_wrong(folder: Path, cases: Iterable[tuple[str, Callable[[Path], str]]]) -> tuple[int, int]:
    """Apply each case to a fresh copy; return how many there were, and how many were not refused."""
    num_cases = num_wrong = 0
    work = folder.with_name("work")
    for name, apply in cases:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(folder, work)
        what = apply(work)
        num_cases += 1
        if (wrong := wrong_end(work)) is not None:
            num_wrong += 1
            print(f"{name} {what}: {wrong:.200}", file=sys.stderr)
    return num_cases, num_wrong


def main() -> int:
    """Print how many edits and manifests there were, and how many were not refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random = Random(arguments.seed)

    def manifest_case(data: bytes) -> Callable[[Path], str]:
        return lambda folder: (write_manifest(folder, data), "")[1]

    with tempfile.TemporaryDirectory() as scratch:
        bundle = write_small_bundle(Path(scratch) / "bundle")
        open_bundle(bundle)  # or every refusal would be for nothing
        crafted = crafted_manifests((bundle / MANIFEST_NAME).read_bytes())
        manifests = count_wrong(bundle, ((name, manifest_case(data)) for name, data in crafted))
        edits = count_wrong(
            bundle, ((f"edit {i}", lambda folder: damaged(folder, random)) for i in range(arguments.edits))
        )
    print(f"edits: cases={edits[0]} wrong={edits[1]} · manifests: cases={manifests[0]} wrong={manifests[1]}")
    return int(bool(edits[1] or manifests[1]))


if __name__ == "__main__":
    sys.exit(main())
