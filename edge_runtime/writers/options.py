"""What the user may ask of a writer."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterOptions:
    """How a document is laid out; `limits.py` says how the three limits act together.

    Attributes:
        max_line_width: characters in a line, spaces included; a Chinese character counts 1, as in
            openai-whisper. A longer word stands alone in its line.
        max_line_count: lines in a cue; counts only beside `max_line_width`.
        max_words_per_line: words in a line; in scripts without spaces, characters.
        highlight_words: show each word as it is spoken (srt, vtt, lrc, ass).
        recording: name of the recording where the format wants one (ctm).
    """

    max_line_width: int | None = None
    max_line_count: int | None = None
    max_words_per_line: int | None = None
    highlight_words: bool = False
    recording: str = "recording"

    def __post_init__(self) -> None:
        for name in ("max_line_width", "max_line_count", "max_words_per_line"):
            value = getattr(self, name)
            if value is not None and value < 1:
                flag = "--" + name.replace("_", "-")
                raise UsageError(f"{flag} is {value}. Give 1 or more, or leave it out for no limit.")
