"""A file that is opened once is read from any place, by any thread, whatever the system offers."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from edge_runtime.opened_file import OpenedFile, open_file

CONTENT = bytes(range(256)) * 16


@pytest.fixture(params=[True, False], ids=["with pread", "without pread"])
def file(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> OpenedFile:
    if not request.param:
        monkeypatch.delattr(os, "pread", raising=False)
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return open_file(path)


def test_threads_read_their_own_places_of_one_descriptor(file: OpenedFile) -> None:
    offsets = [offset % len(CONTENT) for offset in range(0, 400 * 7, 7)]
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(lambda offset: file.read_at(offset, 7), offsets))
    assert read == [CONTENT[offset : offset + 7] for offset in offsets]
    assert file.read_at(len(CONTENT) - 3, 10) == CONTENT[-3:]
    assert file.read_at(len(CONTENT), 10) == b""


def test_readers_have_positions_of_their_own(file: OpenedFile) -> None:
    first, second = file.stream(), file.stream()
    assert first.read(10) == CONTENT[:10]
    assert second.seek(-4, io.SEEK_END) == len(CONTENT) - 4
    assert second.read() == CONTENT[-4:]
    assert first.seek(6, io.SEEK_CUR) == 16
    assert first.read(2) == CONTENT[16:18]
    assert first.seek(-100, io.SEEK_CUR) == 0, "no place is before the beginning"


def test_hash_and_mapping_are_of_the_whole_file(file: OpenedFile) -> None:
    blocks: list[int] = []
    assert file.sha256(blocks.append) == sha256(CONTENT).hexdigest()
    assert sum(blocks) == file.size == len(CONTENT)
    assert bytes(file.mapped()) == file.read_bytes() == CONTENT


def test_an_empty_file_has_empty_memory(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert open_file(tmp_path / "empty").mapped() == b""
