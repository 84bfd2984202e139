"""How many tokens a second of fast speech becomes, by language.

The same three sentences of everyday talk in each language (`tests/golden/parallel_texts.jsonl`) are encoded
with the tokenizer of Qwen3-ASR. Languages carry about the same information a second (Coupé and others 2019,
seventeen languages), so parallel sentences take about the same time; fast English has 3.8 words a second.
`python -m tests.support.token_rates` measures the table anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

FAST_WORDS_PER_S: Final = 3.8
"""Fast English: 228 words a minute. Conversation has 150 to 190."""

FAST_TOKENS_PER_S: Final[Mapping[str, float]] = {
    "Arabic": 5.8,
    "Cantonese": 4.8,
    "Chinese": 3.0,
    "Czech": 8.1,
    "Danish": 6.0,
    "Dutch": 6.9,
    "English": 4.3,
    "Filipino": 7.7,
    "Finnish": 7.7,
    "French": 6.5,
    "German": 6.0,
    "Greek": 17.3,
    "Hindi": 17.0,
    "Hungarian": 7.9,
    "Indonesian": 6.8,
    "Italian": 6.4,
    "Japanese": 4.4,
    "Korean": 5.5,
    "Macedonian": 8.6,
    "Malay": 7.4,
    "Persian": 10.2,
    "Polish": 7.3,
    "Portuguese": 6.1,
    "Romanian": 8.7,
    "Russian": 7.1,
    "Spanish": 5.2,
    "Swedish": 6.6,
    "Thai": 8.7,
    "Turkish": 6.4,
    "Vietnamese": 5.8,
}
"""Language name → tokens of a second. Of English film speech 4.0 to 5.6 were counted (5, 12 and 89 s)."""

_SPELLED_TOKENS_PER_S: Final = 10.0
"""Digits and spelled letters are one or two tokens each in any language; fast ones are five a second."""
_MARGIN: Final = 2.0
"""Of a language that is known: only a decoder that loops meets twice what fast speech needs."""


def budget_tokens_per_s(language: str | None, languages: Collection[str]) -> float:
    """Return the tokens to allow for a second of audio.

    Args:
        language: of the speech, None if the model is to detect it.
        languages: those that it may be; none if they are not known.

    Returns:
        Twice what fast speech of the language needs. For a language to be detected, what fast speech needs in
        the one with most tokens, which is more than twice what most others need.
    """
    highest = max(FAST_TOKENS_PER_S.values())
    if language is not None:
        return max(_SPELLED_TOKENS_PER_S, _MARGIN * FAST_TOKENS_PER_S.get(language, highest))
    rates = [FAST_TOKENS_PER_S.get(name, highest) for name in languages]
    return max([_SPELLED_TOKENS_PER_S, *(rates or [highest])])
