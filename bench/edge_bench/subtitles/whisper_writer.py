"""openai-whisper's own writer of SubRip, where its package is installed.

Its module `whisper/utils.py` needs the standard library alone and is loaded from its file: importing the
package would load torch.
"""

from __future__ import annotations

import io
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.words import Word


def find_whisper_utils() -> Path | None:
    """Return the module's file, None where openai-whisper is not installed."""
    spec = find_spec("whisper")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name("utils.py")
    return path if path.is_file() else None


def write_with_whisper(utils: Path, document: Document, width: int, lines: int) -> str:
    """Return a document as openai-whisper writes it with `--max_line_width` and `--max_line_count`."""
    output = io.StringIO()
    result = {"segments": [_segment(segment) for segment in document.segments]}
    _load(utils).WriteSRT(".").write_result(
        result, file=output, options={"max_line_width": width, "max_line_count": lines}
    )
    return output.getvalue()


def _load(path: Path) -> ModuleType:
    spec = spec_from_file_location("whisper_utils", path)
    assert spec is not None, "a file that ends in .py has a loader"
    assert spec.loader is not None, "likewise"
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _segment(segment: TimedSegment) -> dict[str, Any]:
    words = [_word(word, index, segment.words) for index, word in enumerate(segment.words)]
    return {"start": segment.start, "end": segment.end, "text": segment.text, "words": words}


def _word(word: Word, index: int, words: tuple[Word, ...]) -> dict[str, Any]:
    # Whisper's words begin with the space that separates them from the one before.
    space = " " if index == 0 or words[index - 1].space_after else ""
    return {"word": space + word.text, "start": word.start, "end": word.end, "probability": 1.0}
