"""Parse the model's output: `language NAME<asr_text>TEXT`.

Source: `parse_asr_output` of `qwen_asr` 0.0.6 (`inference/utils.py`); its vectors are in
`tests/runtime/recognition/test_output.py`. Where transformers 5 differs (`MODEL.md`), the original holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_runtime.text.repetition import collapse_repetitions

_LANGUAGE: Final = "language "
_NO_SPEECH: Final = "language none"


@dataclass(frozen=True, slots=True)
class ParsedOutput:
    """The parts of one output.

    Attributes:
        language: name as the model wrote it, "" where it named none.
        text: the transcript.
        repetition_removed: the repetition guard shortened the output.
    """

    language: str
    text: str
    repetition_removed: bool = False


def parse_output(
    raw: str, text_tag: str, forced_language: str | None = None, *, collapse: bool = True
) -> ParsedOutput:
    """Split an output into language and text.

    Args:
        raw: decoded ids, special tokens left out.
        text_tag: the token between language and text.
        forced_language: name of the language that the prompt forced; the output is then text alone.
        collapse: shorten what is repeated 20 times, as the original does with every output.
    """
    stripped = raw.strip()
    collapsed = collapse_repetitions(stripped) if collapse else stripped
    removed = collapsed != stripped
    if forced_language is not None:
        return (
            ParsedOutput(forced_language, collapsed, removed) if collapsed else ParsedOutput("", "", removed)
        )
    head, tag, text = collapsed.partition(text_tag)
    if not tag:
        return ParsedOutput("", collapsed, removed)
    return ParsedOutput(_language_of(head), text.strip(), removed)


def _language_of(head: str) -> str:
    if _NO_SPEECH in head.lower():
        return ""
    for line in head.splitlines():
        name = line.strip()
        if name.lower().startswith(_LANGUAGE):
            language = name[len(_LANGUAGE) :].strip()
            # The whole, like the original: "Chinese,English" becomes "Chinese,english". Not `str.capitalize`,
            # which has letters of title case and another sigma.
            return language[:1].upper() + language[1:].lower()
    return ""
