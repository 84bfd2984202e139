"""Lists of recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_bench.corpus import Clip, read_list
from edge_runtime.errors import UsageError

ONE = {"id": "one", "audio": "one.wav", "text": "Hello.", "language": "English"}
TWO = {"id": "two", "audio": "two.wav", "text": "", "language": "", "demo": True}


def written(directory: Path, *lines: str) -> Path:
    path = directory / "corpus.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_clips_are_read_in_order_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(ONE), "", "  ", json.dumps(TWO), "")
    assert read_list(path, Clip) == (Clip(**ONE), Clip(**TWO))


def test_a_text_may_hold_any_character_that_json_allows(tmp_path: Path) -> None:
    text = "line\u2028paragraph\u2029next\x85end 你好"
    path = written(tmp_path, json.dumps({**ONE, "text": text}, ensure_ascii=False), json.dumps(TWO))
    assert [clip.text for clip in read_list(path, Clip)] == [text, ""]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "malformed"),
        ("{}", "id"),
        (json.dumps({**ONE, "text": None}), "text"),
        (json.dumps({name: value for name, value in ONE.items() if name != "audio"}), "audio"),
        ("[]", "object"),
    ],
)
def test_a_line_that_is_no_clip_is_named_by_its_number(tmp_path: Path, line: str, reason: str) -> None:
    path = written(tmp_path, json.dumps(ONE), "", line)
    with pytest.raises(
        UsageError, match=rf"corpus\.jsonl:3: not a clip: .*{reason}.*Wanted: id, audio, text"
    ):
        read_list(path, Clip)


@pytest.mark.parametrize("content", ["", "\n\n  \n"])
def test_a_list_without_clips_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(UsageError, match="no recordings in the list"):
        read_list(written(tmp_path, content), Clip)


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "absent.jsonl", tmp_path / "binary.jsonl"):
        with pytest.raises(UsageError, match="not a readable list"):
            read_list(path, Clip)
