"""Where results go, and that they arrive whole."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from edge_runtime.errors import ResourceError, UsageError
from edge_runtime.writers import output_path, write_whole

OUT = Path("out")


def test_a_file_is_named_after_the_recording() -> None:
    assert output_path(OUT, Path("in/talk.wav"), "srt") == OUT / "talk.srt"
    assert output_path(OUT, Path("in/talk.wav"), "textgrid") == OUT / "talk.TextGrid"
    assert output_path(OUT, Path("v1.2.wav"), "verbose_json") == OUT / "v1.2.verbose.json"


def test_recordings_of_one_name_get_files_of_their_own() -> None:
    used_paths: list[Path] = []
    for source in ("a/talk.wav", "a/talk.mp3", "b/talk.wav", "c/talk.wav"):
        used_paths.append(output_path(OUT, Path(source), "srt", used_paths))
    assert [path.name for path in used_paths] == [
        "talk.srt",
        "talk.mp3.srt",
        "talk.wav.srt",
        "talk.wav.2.srt",
    ]


def test_a_name_without_room_is_cut_between_characters_and_stays_one_of_its_own(tmp_path: Path) -> None:
    first, second = (output_path(tmp_path, Path(f"{'好' * 84}{end}.wav"), "textgrid") for end in "ab")
    for path in (first, second):
        assert len(os.fsencode(path.name)) <= 255
        assert path.name.startswith("好" * 70)
        assert path.suffix == ".TextGrid"
        write_whole(path, "")
    assert first != second
    assert output_path(tmp_path, Path(f"{'a' * 246}.wav"), "textgrid").stem == "a" * 246


def test_an_unknown_format_has_no_path() -> None:
    with pytest.raises(UsageError, match="Unknown output format"):
        output_path(OUT, Path("talk.wav"), "docx")


def test_a_file_is_written_in_utf8_with_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "new" / "talk.srt"
    write_whole(path, "好\n")
    assert path.read_bytes() == "好\n".encode()


def test_a_file_can_be_read_by_whom_the_user_lets(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        write_whole(tmp_path / "talk.srt", "")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "talk.srt").stat().st_mode) == 0o640


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    path.write_text("a longer text than the new one")
    write_whole(path, "new\n")
    assert path.read_text() == "new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.srt", tmp_path / "link.srt"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_name_as_long_as_allowed_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".srt")
    write_whole(path, "text")
    assert path.read_text() == "text"


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, ResourceError), (errno.EDQUOT, ResourceError), (errno.EACCES, UsageError)],
)
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    path = tmp_path / "talk.srt"
    path.write_text("old")

    def fail(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(expected, match=r"talk\.srt"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_not_replaced() -> None:
    with pytest.raises(UsageError, match="no regular file"):
        write_whole(Path(os.devnull), "text")
    assert Path(os.devnull).is_char_device()


def test_a_file_cannot_be_a_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_whole(tmp_path / "file" / "talk.srt", "text")
    with pytest.raises(UsageError, match="no regular file"):
        write_whole(tmp_path, "text")
