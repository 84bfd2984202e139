"""Measure how many tokens a second of fast speech becomes in each language.

    python -m tests.support.token_rates

prints the table of `edge_runtime/decoding/token_rates.py`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from edge_export.checkpoint.tokenizer import load_tokenizer
from edge_runtime.decoding.token_rates import FAST_WORDS_PER_S
from tests.support.released import unpack_released

TEXTS: Final = Path(__file__).parents[1] / "golden" / "parallel_texts.jsonl"


def parallel_texts() -> dict[str, list[str]]:
    """Return language name → the same sentences in it."""
    rows = map(json.loads, TEXTS.read_text("utf-8").splitlines())
    return {row["language"]: row["texts"] for row in rows}


def measure(checkpoint: Path) -> dict[str, float]:
    """Return language name → tokens of a second of fast speech, with the tokenizer of a checkpoint."""
    tokenizer, texts = load_tokenizer(checkpoint), parallel_texts()
    seconds = sum(len(text.split()) for text in texts["English"]) / FAST_WORDS_PER_S
    return {
        language: round(sum(len(tokenizer.encode(text)) for text in sentences) / seconds, 1)
        for language, sentences in texts.items()
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        rates = measure(unpack_released(Path(folder) / "released") / "Qwen3-ASR-0.6B")
    sys.stdout.writelines(f'    "{language}": {rate},\n' for language, rate in sorted(rates.items()))
