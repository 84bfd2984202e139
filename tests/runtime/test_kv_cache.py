"""Past and present are one memory, and the count is the host's."""

from __future__ import annotations

import pytest

from edge_runtime.errors import GraphError
from edge_runtime.kv_cache import KVCache
from tests.runtime.support.fake_session import FakeSession
from tests.runtime.support.manifests import DECODER_COMPONENT


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(DECODER_COMPONENT, lambda inputs: inputs)


def test_past_and_present_of_a_layer_are_bound_to_one_tensor(session: FakeSession) -> None:
    KVCache(session, 32)
    (bound,) = session.bound
    assert set(bound) == {"past_key_0", "past_value_0", "present_key_0", "present_value_0"}
    assert bound["past_key_0"] is bound["present_key_0"]
    assert bound["past_value_0"] is bound["present_value_0"]
    assert bound["past_key_0"] is not bound["past_value_0"]
    assert bound["past_key_0"].shape == (1, 1, 32, 1)


def test_the_count_advances_to_the_capacity_and_not_beyond(session: FakeSession) -> None:
    cache = KVCache(session, 32)
    cache.advance(30)
    cache.advance(2)
    assert cache.length == 32
    with pytest.raises(
        GraphError, match="1 more tokens do not fit a key/value cache of 32 rows with 32 in use"
    ):
        cache.advance(1)
    assert cache.length == 32, "a refused token is not counted"


def test_a_reset_forgets_the_rows(session: FakeSession) -> None:
    cache = KVCache(session, 32)
    cache.advance(32)
    cache.reset()
    cache.require_room(32)
    assert (cache.length, cache.capacity) == (0, 32)
