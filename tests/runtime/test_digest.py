"""Hashes of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from edge_runtime.digest import sha256_of

MIB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB])
def test_the_hash_is_that_of_the_content_and_every_byte_is_reported(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    data = bytes(range(256)) * (size // 256 + 1)
    path.write_bytes(data[:size])
    blocks: list[int] = []
    assert sha256_of(path, blocks.append) == hashlib.sha256(data[:size]).hexdigest()
    assert sum(blocks) == size
