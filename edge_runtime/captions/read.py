"""Tell what a text is: a subtitle file, by its content and not by its name, or plain text."""

from __future__ import annotations

from edge_runtime.captions.ass_events import is_ass, read_events
from edge_runtime.captions.caption_file import Caption, CaptionFile
from edge_runtime.captions.timed_blocks import has_time_line, is_vtt, read_blocks
from edge_runtime.errors import UsageError


def read_captions(text: str) -> CaptionFile | None:
    """Read a text as SubRip, WebVTT or ASS; return None if it is none of them.

    Raises:
        UsageError: it has the head of such a file, and no caption.
    """
    if is_ass(text):
        captions = CaptionFile(tuple(read_events(text)), text, "ass")
    elif is_vtt(text):
        captions = CaptionFile(tuple(read_blocks(text, ends_at_blank=True)), text, "vtt")
    elif has_time_line(text):
        captions = CaptionFile(tuple(read_blocks(text, ends_at_blank=False)), text, "srt")
    else:
        return None
    if not captions.captions:
        raise UsageError(
            f"The text is a subtitle file ({captions.format}) without a caption. Give one that has."
        )
    return captions


def lines_as_captions(text: str) -> CaptionFile:
    """Take each line of a plain text that is not blank as a caption."""
    return CaptionFile(tuple(Caption(line.strip()) for line in text.splitlines() if line.strip()), text)
