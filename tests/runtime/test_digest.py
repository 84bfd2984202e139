"""Hashes of files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from edge_runtime import digest
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


def test_a_file_that_is_forgotten_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"edge" * MIB)
    expected = sha256_of(path)
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        forget_cached(stream.fileno())
    assert sha256_of(path) == expected


def test_files_are_hashed_where_the_system_takes_no_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"edge")
    monkeypatch.setattr(digest, "_HAS_ADVICE", False)
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    with path.open("rb") as stream:
        forget_cached(stream.fileno())
    assert sha256_of(path) == hashlib.sha256(b"edge").hexdigest()
