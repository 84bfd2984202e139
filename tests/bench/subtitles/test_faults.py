"""Every fault of a subtitle file, planted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_bench.subtitles.faults import Faults, JudgeLimits, find_faults
from edge_bench.subtitles.subtitle_file import read_subtitles
from edge_bench.subtitles.whisper_writer import write_with_whisper
from edge_runtime.errors import UsageError
from tests.runtime.writers import documents

GOOD = """\
1
00:00:00,000 --> 00:00:02,700
Dim the reading lamp
in the bedroom tonight.

2
00:00:02,800 --> 00:00:04,000
It is too bright.

"""


def _faults(
    folder: Path, text: str, reference: str | None = None, extension: str = "srt"
) -> dict[str, float]:
    path = folder / f"cues.{extension}"
    path.write_text(text, "utf-8")
    found_faults = find_faults(read_subtitles(path), reference=reference)
    return {
        name: value
        for name, value in found_faults.metrics().items()
        if value and name not in ("cues", "two_lines")
    }


def _cue(times: str, text: str) -> str:
    return f"1\n00:00:{times.replace(' ', ' --> 00:00:')}\n{text}\n\n"


def test_good_subtitles_have_none(tmp_path: Path) -> None:
    reference = "Dim the reading lamp in the bedroom tonight. It is too bright."
    assert _faults(tmp_path, GOOD, reference) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_cue("00,000 00,500", "Yes."), {"short": 1, "short_with_room": 1, "over_cps": 0}),
        (_cue("00,000 00,500", "Yes.") + _cue("00,590 02,000", "No."), {"short": 1}),
        (_cue("00,000 07,200", "This one stays."), {"over_7s": 1}),
        (_cue("00,000 01,000", "Nobody reads as fast as this."), {"over_cps": 1, "cps_with_room": 1}),
        (
            _cue("00,000 02,000", "今天天气很好，我们去公园散步。好，走。"),
            {"over_cps": 1, "cps_with_room": 1},
        ),
        (_cue("00,000 02,000", "He will be") + _cue("02,100 04,000", "late. Go."), {"begins_inside": 1}),
        (_cue("00,000 02,000", "He was in") + _cue("05,100 07,000", "Rome."), {}),
        (_cue("00,000 02,000", "He was in") + _cue("02,100 04,000", "- Where?"), {}),
        (_cue("00,000 03,000", "See you tomorrow\nat nine."), {"unbalanced": 1}),
        (_cue("00,000 03,000", "See you at\ntomorrow."), {"orphans": 1}),
        (_cue("00,000 03,000", "我们去公园\n吧，"), {"orphans": 1, "unbalanced": 1}),
        (_cue("00,000 01,500", "Go on.") + _cue("01,540 03,000", "Now."), {"small_gaps": 1}),
        (_cue("00,000 01,500", "Go on.") + _cue("01,400 03,000", "Now."), {"overlaps": 1}),
    ],
)
def test_each_fault_is_counted_where_it_is(tmp_path: Path, text: str, expected: dict[str, float]) -> None:
    assert _faults(tmp_path, text) == {name: value for name, value in expected.items() if value}


@pytest.mark.parametrize(
    ("lines", "reference", "count"),
    [
        ("반갑\n습니다 저는", "반갑습니다 저는", 1),
        ("반갑습니다\n저는", "반갑습니다 저는", 0),
        ("Dim the re\nading lamp", "Dim the reading lamp", 1),
        ("今天天\n气很好OK\n吗", "今天天气很好OK吗", 0),
    ],
)
def test_a_break_inside_a_word_of_the_reference_is_seen(
    tmp_path: Path, lines: str, reference: str, count: int
) -> None:
    text = _cue("00,000 05,000", lines)
    assert _faults(tmp_path, text, reference).get("inside_words", 0) == count


def test_hundredths_of_a_second_are_no_fault(tmp_path: Path) -> None:
    head = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n\n[Events]\n"
    head += "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    events = head + "Dialogue: 0,0:00:00.00,0:00:00.83,Default,,0,0,0,,One.\n"
    events += "Dialogue: 0,0:00:00.91,0:00:02.00,Default,,0,0,0,,Two {\\b1}more.\n"
    assert _faults(tmp_path, events, extension="ass") == {}


def test_a_limit_of_reading_speed_may_be_set(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(GOOD, "utf-8")
    cues = read_subtitles(tmp_path / "a.srt")
    assert find_faults(cues, JudgeLimits(max_cps=5)).over_cps == 2


def test_no_subtitles_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("nothing", "utf-8")
    with pytest.raises(UsageError, match=r"a\.srt: no subtitles"):
        read_subtitles(tmp_path / "a.srt")


def test_no_cues_have_no_faults() -> None:
    assert find_faults(()) == Faults()


def test_whispers_own_writer_is_used_from_its_file_alone(tmp_path: Path) -> None:
    program = (
        "class WriteSRT:\n"
        "    def __init__(self, folder): pass\n"
        "    def write_result(self, result, file, options):\n"
        "        words = [word['word'] for one in result['segments'] for word in one['words']]\n"
        "        print(''.join(words), options, file=file)\n"
    )
    (tmp_path / "utils.py").write_text(program, "utf-8")
    written = write_with_whisper(tmp_path / "utils.py", documents.CHINESE, 16, 2)
    assert written == " 今天天气很好，我们去公园散步。 OK吗？ {'max_line_width': 16, 'max_line_count': 2}\n"
