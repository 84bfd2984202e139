"""How many tokens a clip may become."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.decoding.budget import token_budget
from edge_runtime.errors import AudioTooLongError, UsageError
from tests.support.manifests import LIMITS, decoder_spec, make_manifest

MANIFEST = make_manifest()


@pytest.mark.parametrize(
    ("duration_s", "expected"), [(0.1, 66), (1.0, 80), (10.0, 224), (27.25, 500), (30.0, 500)]
)
def test_the_budget_grows_with_the_audio_up_to_the_bundles_limit(duration_s: float, expected: int) -> None:
    assert token_budget(MANIFEST, 100, duration_s, None) == expected


@given(st.floats(0.01, 30))
def test_the_budget_is_never_below_what_fast_speech_needs(duration_s: float) -> None:
    assert token_budget(MANIFEST, 100, duration_s, None) >= min(500, 8 * duration_s)


@pytest.mark.parametrize("requested", [1, 17, 500])
def test_a_budget_that_was_requested_is_given(requested: int) -> None:
    assert token_budget(MANIFEST, 100, 1.0, requested) == requested


@pytest.mark.parametrize("requested", [-1, 0, 501])
def test_a_budget_outside_the_limits_is_refused_with_the_limits(requested: int) -> None:
    with pytest.raises(UsageError, match=rf"max_new_tokens is {requested}; this bundle takes 1 to 500"):
        token_budget(MANIFEST, 100, 1.0, requested)


def test_prompt_and_output_may_fill_every_position() -> None:
    assert token_budget(MANIFEST, 1500, 30.0, None) == 500


def test_where_the_rows_are_few_the_budget_is_what_is_left_and_no_less_than_fast_speech_needs() -> None:
    needed = 64 + 8 * 30
    assert token_budget(MANIFEST, 1501, 30.0, None) == 499
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
