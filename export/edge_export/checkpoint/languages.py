"""Languages of Qwen3-ASR: the names it was trained to print, and their codes.

Source: `SUPPORTED_LANGUAGES` of the official package and `LANGUAGE_CODE_TO_NAME` of transformers 5.23.0:
they agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_runtime.bundle.manifest import Kind

CODES: Final[Mapping[str, str]] = {
    "Arabic": "ar",
    "Cantonese": "yue",
    "Chinese": "zh",
    "Czech": "cs",
    "Danish": "da",
    "Dutch": "nl",
    "English": "en",
    "Filipino": "fil",
    "Finnish": "fi",
    "French": "fr",
    "German": "de",
    "Greek": "el",
    "Hindi": "hi",
    "Hungarian": "hu",
    "Indonesian": "id",
    "Italian": "it",
    "Japanese": "ja",
    "Korean": "ko",
    "Macedonian": "mk",
    "Malay": "ms",
    "Persian": "fa",
    "Polish": "pl",
    "Portuguese": "pt",
    "Romanian": "ro",
    "Russian": "ru",
    "Spanish": "es",
    "Swedish": "sv",
    "Thai": "th",
    "Turkish": "tr",
    "Vietnamese": "vi",
}


ALIGNED: Final = (
    "Cantonese",
    "Chinese",
    "English",
    "French",
    "German",
    "Italian",
    "Japanese",
    "Korean",
    "Portuguese",
    "Russian",
    "Spanish",
)
"""Languages of the forced aligner. Source: `FORCED_ALIGNER_LANGUAGES` of transformers 5.23.0."""


def language_codes(names: tuple[str, ...], kind: Kind = "asr") -> dict[str, str | None]:
    """Return name → code for the languages a checkpoint lists, or for all of its kind where it lists none.

    A name that fine-tuning added has no code: None.
    """
    supported = ALIGNED if kind == "aligner" else tuple(CODES)
    return {name: CODES.get(name) for name in sorted(names or supported)}
