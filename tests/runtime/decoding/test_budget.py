"""How many tokens a clip may become."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.bundle.manifest import Language
from edge_runtime.decoding.budget import token_budget
from edge_runtime.errors import AudioTooLongError, UsageError
from tests.support.manifests import LANGUAGES, LIMITS, decoder_spec, make_manifest

MANIFEST = make_manifest()


@pytest.mark.parametrize(
    ("duration_s", "expected"), [(0.1, 65), (1.0, 74), (10.0, 164), (43.6, 500), (60.0, 500)]
)
def test_the_budget_grows_with_the_audio_up_to_the_bundles_limit(duration_s: float, expected: int) -> None:
    assert token_budget(MANIFEST, 100, duration_s, None) == expected


@given(st.floats(0.01, 30))
def test_the_budget_is_never_below_what_fast_speech_needs(duration_s: float) -> None:
    assert token_budget(MANIFEST, 100, duration_s, None) >= min(500, 8 * duration_s)


GREEK = make_manifest(
    languages=(Language(name="Greek", code="el", force_ids=(1,)), *LANGUAGES),
    limits=msgspec.structs.replace(LIMITS, max_positions=65_536, max_new_tokens=65_536),
)
"""As the released models: as many new tokens as positions."""


def test_a_language_to_be_detected_has_what_fast_speech_of_any_needs() -> None:
    assert token_budget(GREEK, 100, 10.0, None) == 64 + 173
    assert token_budget(MANIFEST, 100, 10.0, None) == 64 + 100


@pytest.mark.parametrize(("language", "expected"), [("Greek", 346), ("English", 100), ("Klingon", 346)])
def test_a_language_that_is_known_has_twice_what_its_fast_speech_needs(language: str, expected: int) -> None:
    assert token_budget(GREEK, 100, 10.0, None, language=language) == 64 + expected


@pytest.mark.parametrize(("language", "tokens_per_s"), [(None, 17.3), ("Hindi", 34)])
def test_twenty_minutes_of_hindi_fit(language: str | None, tokens_per_s: float) -> None:
    prompt_len = 13 * 1200 + 15
    assert token_budget(GREEK, prompt_len, 1200.0, None, language=language) == 64 + tokens_per_s * 1200


def test_a_caller_may_ask_for_every_position_behind_the_prompt() -> None:
    assert token_budget(GREEK, 100, 1.0, 65_436) == 65_436
    with pytest.raises(AudioTooLongError, match="or a smaller max_new_tokens"):
        token_budget(GREEK, 100, 1.0, 65_437)


@pytest.mark.parametrize("requested", [1, 17, 500])
def test_a_budget_that_was_requested_is_given(requested: int) -> None:
    assert token_budget(MANIFEST, 100, 1.0, requested) == requested


@pytest.mark.parametrize("requested", [-1, 0, 501])
def test_a_budget_outside_the_limits_is_refused_with_the_limits(requested: int) -> None:
    with pytest.raises(UsageError, match=rf"max_new_tokens is {requested}; this bundle takes 1 to 500"):
        token_budget(MANIFEST, 100, 1.0, requested)


def test_prompt_and_output_may_fill_every_position() -> None:
    assert token_budget(MANIFEST, 1500, 60.0, None) == 500


def test_where_the_rows_are_few_the_budget_is_what_is_left_and_no_less_than_fast_speech_needs() -> None:
    needed = 64 + 8 * 30
    assert token_budget(MANIFEST, 1637, 30.0, None) == 363
    assert token_budget(MANIFEST, 2000 - needed, 30.0, None) == needed


def test_more_than_every_position_is_refused() -> None:
    with pytest.raises(AudioTooLongError, match=r"1697 prompt tokens .* up to 304 .* exceed the 2000 pos"):
        token_budget(MANIFEST, 1697, 30.0, None)


@pytest.mark.parametrize(("rows", "duration_s"), [(1024, 44), (2048, 93), (4096, 191)])
def test_the_cache_of_a_recipe_has_room_for_the_audio_that_its_reason_names(
    rows: int, duration_s: int
) -> None:
    manifest = make_manifest(
        decoder=decoder_spec(kv_capacity=rows),
        limits=msgspec.structs.replace(LIMITS, max_positions=rows, max_new_tokens=rows),
    )
    around_the_audio = 15
    assert token_budget(manifest, 13 * duration_s + around_the_audio, duration_s, None) >= 8 * duration_s


def test_a_fixed_cache_counts_where_it_is_the_smaller_limit() -> None:
    manifest = make_manifest(decoder=decoder_spec(kv_capacity=256))
    assert token_budget(manifest, 156, 1.0, 100) == 100
    with pytest.raises(AudioTooLongError, match="256 positions"):
        token_budget(manifest, 157, 1.0, 100)
    short = msgspec.structs.replace(LIMITS, max_positions=100)
    with pytest.raises(AudioTooLongError, match="100 positions"):
        token_budget(make_manifest(decoder=decoder_spec(kv_capacity=256), limits=short), 50, 1.0, 51)
