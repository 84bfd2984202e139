"""A file of pieces reads as the bytes that its pieces stand for."""

from __future__ import annotations

import io
import os
from errno import EIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.audio.formats.pieces import PiecedFile
from edge_runtime.audio.medium import Medium
from tests.support.media import medium_of

DATA = bytes(range(200))
PIECES = (range(10, 30), b"our own", range(100, 100), b"", range(190, 200))
CONTENT = DATA[10:30] + b"our own" + DATA[190:]


@given(st.integers(-5, 60), st.integers(0, 60))
def test_any_part_is_that_of_the_joined_bytes(offset: int, count: int) -> None:
    file = PiecedFile(medium_of(DATA), PIECES)
    at = file.seek(offset)
    assert at == max(0, offset)
    assert file.read(count) == CONTENT[at : at + count]
    assert file.tell() == at + len(CONTENT[at : at + count])


def test_it_is_read_by_who_asks_first_whether_it_can_be() -> None:
    file = PiecedFile(medium_of(DATA), PIECES)
    assert file.readable()
    assert file.seekable()
    assert file.seek(-3, os.SEEK_END) == len(CONTENT) - 3
    assert file.seek(-7, os.SEEK_CUR) == len(CONTENT) - 10
    assert io.BufferedReader(file).read() == CONTENT[-10:]


class Failing(io.BytesIO):
    def read(self, count: int | None = -1) -> bytes:
        raise OSError(EIO, os.strerror(EIO))


def test_a_disk_that_fails_is_the_end_of_the_file_and_the_error_is_kept() -> None:
    file = PiecedFile(Medium("talk.wav", Failing(), 200), (b"head", range(200)))
    assert file.read() == b"head"
    assert str(file.error) == f"talk.wav: cannot be read: {os.strerror(EIO)}."


@pytest.mark.parametrize("past", [200, 230])
def test_a_range_behind_the_end_of_the_recording_is_empty(past: int) -> None:
    assert PiecedFile(medium_of(DATA), (range(past, past + 10),)).read() == b""
