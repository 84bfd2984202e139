"""Hashes of files."""

from __future__ import annotations

import hashlib
import mmap
import os
from pathlib import Path
from threading import Thread

import pytest

from edge_runtime.digest import forget_cached, sha256_of

MIB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 9 * MIB])
def test_the_hash_is_that_of_the_content_and_every_byte_is_reported(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    data = bytes(range(256)) * (size // 256 + 1)
    path.write_bytes(data[:size])
    blocks: list[int] = []
    assert sha256_of(path, blocks.append) == hashlib.sha256(data[:size]).hexdigest()
    assert sum(blocks) == size


def resident_kb(path: Path) -> int:
    """Map a file, read a byte, and return how much of it that brings into memory."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert mapped[len(mapped) // 2] == ord("e")
        lines = iter(Path("/proc/self/smaps").read_text("utf-8").splitlines())
        next(line for line in lines if line.endswith(str(path)))
        return int(next(line for line in lines if line.startswith("Rss:")).split()[1])


@pytest.mark.skipif(
    not Path("/proc/self/smaps").is_file(), reason="not Linux: nothing tells what is resident"
)
def test_a_row_of_a_file_that_was_written_and_hashed_brings_little_of_it_along(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"edge" * (8 * MIB))
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        forget_cached(stream.fileno())
    assert sha256_of(path) == hashlib.sha256(b"edge" * (8 * MIB)).hexdigest()
    # As much as Linux maps around a fault, and not the pieces of two megabytes that a write leaves.
    assert resident_kb(path) <= 256


def test_files_are_hashed_where_the_system_takes_no_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"edge")
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    with path.open("rb") as stream:
        forget_cached(stream.fileno())
    assert sha256_of(path) == hashlib.sha256(b"edge").hexdigest()


def test_a_pipe_is_hashed_though_it_takes_no_advice(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = Thread(target=path.write_bytes, args=(b"edge",))
    writer.start()
    assert sha256_of(path) == hashlib.sha256(b"edge").hexdigest()
    writer.join()
