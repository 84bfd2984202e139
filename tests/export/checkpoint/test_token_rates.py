"""How many tokens a second of speech becomes, measured with the released tokenizer."""

from __future__ import annotations

from pathlib import Path

from edge_export.checkpoint.languages import CODES
from edge_runtime.decoding.token_rates import FAST_TOKENS_PER_S
from tests.support.token_rates import measure, parallel_texts


def test_the_table_is_what_the_released_tokenizer_makes_of_the_parallel_texts(released: Path) -> None:
    assert measure(released / "Qwen3-ASR-0.6B") == dict(FAST_TOKENS_PER_S)


def test_every_language_of_the_model_has_a_rate_and_the_same_number_of_sentences() -> None:
    assert set(FAST_TOKENS_PER_S) == set(CODES)
    assert {len(sentences) for sentences in parallel_texts().values()} == {3}
