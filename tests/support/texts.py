"""Texts of many scripts, to compare tokenizers on."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator

SCRIPTS = {
    "latin": [(0x20, 0x7E), (0xA0, 0x17F), (0x180, 0x24F), (0x1E00, 0x1EFF)],
    "greek": [(0x370, 0x3FF), (0x1F00, 0x1FFF)],
    "cyrillic": [(0x400, 0x52F), (0x1C80, 0x1C8A), (0xA640, 0xA69F)],
    "armenian": [(0x530, 0x58F)],
    "hebrew": [(0x590, 0x5FF)],
    "arabic": [(0x600, 0x6FF), (0x750, 0x77F), (0x870, 0x8FF)],
    "devanagari": [(0x900, 0x97F), (0xA8E0, 0xA8FF)],
    "bengali": [(0x980, 0x9FF)],
    "tamil": [(0xB80, 0xBFF)],
    "telugu": [(0xC00, 0xC7F)],
    "thai": [(0xE00, 0xE7F)],
    "tibetan": [(0xF00, 0xFFF)],
    "burmese": [(0x1000, 0x109F)],
    "georgian": [(0x10A0, 0x10FF), (0x1C90, 0x1CBF)],
    "hangul": [(0x1100, 0x11FF), (0xA960, 0xA97F), (0xAC00, 0xD7FF)],
    "ethiopic": [(0x1200, 0x139F)],
    "khmer": [(0x1780, 0x17FF)],
    "kana": [(0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF00, 0xFFEF)],
    "han": [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2EBF0, 0x2EE5D)],
    "young": [
        (0x10D40, 0x10D8F),
        (0x11380, 0x113E2),
        (0x11930, 0x11959),
        (0x16100, 0x16139),
        (0x16D40, 0x16D79),
    ],
    "emoji": [(0x1F300, 0x1FAFF), (0x2600, 0x27BF), (0x200B, 0x200F), (0xFE00, 0xFE0F)],
    "marks": [(0x300, 0x36F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0xFE20, 0xFE2F)],
    "numbers": [
        (0x30, 0x39),
        (0x660, 0x669),
        (0x966, 0x96F),
        (0x2150, 0x218B),
        (0x2460, 0x249B),
        (0xFF10, 0xFF19),
    ],
    "anything": [
        (0x0, 0xD7FF),
        (0xE000, 0xFFFF),
        (0x10000, 0x1FFFF),
        (0x30000, 0x323AF),
        (0xE0000, 0x10FFFF),
    ],
}
"""Inclusive ranges of code points, assigned or not."""
WHITE_SPACE = [
    *(" ", "  ", "\n", "\r\n", "\n\n", "\t", "\u00a0", "\u3000", "\u2028", "\x85", "\x1f", "   \n  ", " \r"),
]
COMMON = [
    *("'s", "'S", "'T", "'re", "'VE", "'ll", "'\u017f", "'d", "’s", "''", "don't", "I'LL", "!?", "...", "--"),
    *("Hello", "world", "the", "camelCase", "2026", "3.14", "http://a.b/c?d=e", "你好", "안녕", "こんにちは"),
    *("<|im_start|>", "<|im_end|>", "<asr_text>", "<think>", "</tool_call>", "<|audio_pad|>", "<asr_te"),
]


def random_texts(count: int, seed: int) -> Iterator[str]:
    """Yield texts of up to sixty parts: characters of a script or two, marks, white space, words, tokens."""
    rng = random.Random(seed)  # noqa: S311 - test data
    for _ in range(count):
        scripts = rng.sample(sorted(SCRIPTS), rng.randint(1, 2))
        text = "".join(_part(rng, rng.choice(scripts)) for _ in range(rng.randint(1, 60)))
        form = rng.choice(["NFC", "NFD", "NFKD", None, None])
        yield unicodedata.normalize(form, text) if form else text


def _part(rng: random.Random, script: str) -> str:
    kind = rng.random()
    if kind < 0.12:
        return rng.choice(WHITE_SPACE)
    if kind < 0.2:
        return rng.choice(COMMON)
    if kind < 0.26:
        script = "marks"
    first, last = rng.choice(SCRIPTS[script])
    return chr(rng.randint(first, last))
