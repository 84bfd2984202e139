"""Past and present are one memory, and the count is the host's."""

from __future__ import annotations

import numpy as np
import pytest

from edge_runtime.errors import GraphError
from edge_runtime.model.kv_cache import KVCache
from tests.support.fake_session import FakeSession
from tests.support.legacy_ledger import LEGACY_LEDGER, legacy_ledger
from tests.support.manifests import DECODER_COMPONENT


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


def test_new_rows_of_a_legacy_graph_are_appended_to_the_cache_of_each_layer() -> None:
    session = FakeSession(LEGACY_LEDGER, legacy_ledger)
    cache = KVCache(session, 32)
    assert [set(tensors) for tensors in session.bound] == [{"past_key_0", "past_value_0"}]
    for amount in (3, 4):
        feeds = {"amounts": np.full((1, 2), amount, np.float32), "cache_len": np.full(1, cache.length)}
        outputs = cache.binding.run(feeds)
        assert set(outputs) == {"totals"}
        cache.advance(2)
    assert session.allocated[0].array[0, 0, :5, 0].tolist() == [3, 3, 4, 4, 0]
    assert session.allocated[1].array[0, 0, :5, 0].tolist() == [-3, -3, -4, -4, 0]


def test_legacy_rows_that_do_not_fit_are_neither_counted_nor_written() -> None:
    session = FakeSession(LEGACY_LEDGER, legacy_ledger)
    cache = KVCache(session, 3)
    cache.binding.run({"amounts": np.ones((1, 2), np.float32), "cache_len": np.zeros(1, np.int64)})
    cache.advance(2)
    with pytest.raises(GraphError, match="2 more tokens do not fit"):
        cache.advance(2)
    assert cache.length == 2
    assert session.allocated[0].array[0, 0, :, 0].tolist() == [1, 1, 0]
