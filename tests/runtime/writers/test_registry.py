"""Formats by name and by extension."""

from __future__ import annotations

import pytest

from edge_runtime.errors import UsageError
from edge_runtime.writers import ALL, WRITERS, find_writer, format_of_file, formats_of

WITHOUT_WORDS = tuple(name for name, writer in WRITERS.items() if not writer.needs_words)


@pytest.mark.parametrize(
    ("names", "formats"),
    [
        (["srt"], ("srt",)),
        (["srt,vtt", "SRT", " txt "], ("srt", "vtt", "txt")),
        ([ALL], WITHOUT_WORDS),
        (["vtt", ALL], ("vtt", *(name for name in WITHOUT_WORDS if name != "vtt"))),
        ([], ()),
    ],
    ids=repr,
)
def test_each_format_that_is_named_comes_once_in_order(names: list[str], formats: tuple[str, ...]) -> None:
    assert formats_of(names, has_words=False) == formats


def test_all_has_the_formats_of_words_where_words_have_times() -> None:
    assert formats_of([ALL], has_words=True) == tuple(WRITERS)
    assert len(WITHOUT_WORDS) < len(WRITERS), "some formats hold words alone"


@pytest.mark.parametrize("name", ["docx", "", "srt,docx", "srt,,vtt"])
def test_a_format_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(UsageError, match=rf"Unknown output format '.*'\. There are: .*{next(iter(WRITERS))}"):
        formats_of([name], has_words=True)


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_with_the_extension_of_a_format_is_of_a_format_with_that_extension(name: str) -> None:
    writer = WRITERS[name]
    for file in (f"talk.{writer.extension}", f"TALK.{writer.extension.upper()}"):
        assert find_writer(format_of_file(file)).extension == writer.extension


def test_the_longest_extension_counts_and_an_unknown_one_is_refused() -> None:
    assert format_of_file("talk.verbose.json") == "verbose_json"
    assert format_of_file("talk.json") == "json"
    for file in ("talk.docx", "talk", "json"):
        with pytest.raises(UsageError, match=rf"^{file}: no output format has this extension"):
            format_of_file(file)
