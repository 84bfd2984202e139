"""The text that `edge-asr align` is given: plain, or in captions whose numbers and times nobody speaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge_runtime.captions.caption_file import CaptionFile
from edge_runtime.captions.read import lines_as_captions, read_captions
from edge_runtime.errors import UsageError
from edge_runtime.results.document import TimedSegment
from edge_runtime.text.markup.styles import balanced
from edge_runtime.writers import WriterOptions

_LINES_FORMAT = "srt"


@dataclass(frozen=True, slots=True)
class AlignText:
    """What is aligned.

    Attributes:
        spoken: the text, or the text of each caption if they are kept.
        kept: the captions that are kept, None where words are laid out anew.
    """

    spoken: str | tuple[str, ...]
    kept: CaptionFile | None = None

    @classmethod
    def of(cls, text: str, *, keep_cues: bool) -> AlignText:
        """Read a text by its content: a subtitle file, or plain text, whose lines are captions if kept.

        Raises:
            UsageError: as `read_captions` does; there is no caption to keep.
        """
        file = read_captions(text)
        if not keep_cues:
            return cls("\n".join(map(balanced, file.texts)) if file else text)
        kept = file or lines_as_captions(text)
        if not kept.captions:
            raise UsageError("--keep-cues: the text has no line. Give a subtitle file, or a caption a line.")
        return cls(kept.texts, kept)

    @property
    def format_name(self) -> str | None:
        """The format in which captions are kept, None if there are none."""
        return (self.kept.format or _LINES_FORMAT) if self.kept else None

    def retimed(self, format_name: str, segments: Iterable[TimedSegment]) -> str | None:
        """Return the file with the times of its captions; None if the format is not that of the file."""
        if self.kept is None or self.kept.format != format_name:
            return None
        return self.kept.retimed([(segment.start, segment.end) for segment in segments])


def require_kept_layout(layout: WriterOptions) -> None:
    """Check that nothing contradicts `--keep-cues`.

    Raises:
        UsageError: the layout has limits or marks words.
    """
    free = replace(layout, keep_segments=False, offset_s=0.0, bom=False, recording="")
    if free != WriterOptions(recording=""):
        raise UsageError(
            "--keep-cues leaves cues and their lines as they are: --max-line-width, --max-line-count, "
            "--max-words-per-line, --max-cps, --whisper-layout and --highlight-words cannot act. "
            "Leave them or --keep-cues out."
        )
