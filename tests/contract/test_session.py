"""What the runtime relies on, checked on every implementation of `Session`."""

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.arrays import Array
from edge_runtime.backends.session import Binding, Session
from edge_runtime.errors import GraphError
from tests.contract.support.back_ends import APPENDING, BACK_ENDS, CAPACITY, FEW_ROWS, LEDGERS, MAX_SCORED
from tests.support.ledger import LEDGER
from tests.support.legacy_ledger import ROWS, bind_legacy

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module", params=BACK_ENDS)
def back_end(request: pytest.FixtureRequest) -> Callable[..., Session]:
    opener: Callable[..., Session] = request.param
    return opener


@pytest.fixture(scope="module")
def session(back_end: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Session:
    return back_end(tmp_path_factory.mktemp("session"), LEDGERS["modern"])


@pytest.fixture(scope="module")
def scoring_session(back_end: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Session:
    return back_end(tmp_path_factory.mktemp("session"), LEDGERS["scoring"])


@pytest.fixture(scope="module", params=APPENDING)
def legacy_session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Session:
    opener: Callable[..., Session] = request.param
    return opener(tmp_path_factory.mktemp("session"), LEDGERS["legacy"])


@pytest.fixture(scope="module", params=APPENDING)
def layout_session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Session:
    opener: Callable[..., Session] = request.param
    return opener(tmp_path_factory.mktemp("session"), LEDGERS["layouts"])


def bound(session: Session) -> Binding:
    """Bind past and present to one new tensor."""
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": CAPACITY})
    return session.bind({"past_key_0": rows, "present_key_0": rows})


def feeds(start: int, *amounts: float) -> dict[str, Array]:
    return {"amounts": np.array([amounts], np.float32), "cache_len": np.array([start], np.int64)}


def test_a_session_says_what_its_graph_is(session: Session) -> None:
    assert session.component == LEDGER


def test_allocated_memory_has_the_requested_dimensions_and_is_zero(session: Session) -> None:
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": CAPACITY})
    assert rows.shape == (1, 1, CAPACITY, 1)
    assert session.bind({"past_key_0": rows, "present_key_0": rows}).run(feeds(0, 0.0))["total"] == 0


def test_allocated_memory_may_begin_with_another_byte(session: Session) -> None:
    rows = session.allocate("past_key_0", {"batch": 1, "kv_capacity": CAPACITY}, fill=0x3F)
    binding = session.bind({"past_key_0": rows, "present_key_0": rows})
    value = float(np.full(4, 0x3F, np.uint8).view(np.float32)[0])
    assert binding.run(feeds(0, 0.0))["total"] == pytest.approx((CAPACITY - 1) * value)


def test_only_outputs_that_are_not_bound_come_back_by_name(session: Session) -> None:
    outputs = bound(session).run(feeds(0, 1, 2))
    assert set(outputs) == {"total", "doubled"}
    assert outputs["total"] == 3
    np.testing.assert_array_equal(outputs["doubled"], [[2, 4]])


def test_without_bound_tensors_everything_is_fed_and_everything_comes_back(session: Session) -> None:
    past = np.ones((1, 1, CAPACITY, 1), np.float32)
    outputs = session.bind({}).run({**feeds(1, 5), "past_key_0": past})
    assert outputs["total"] == CAPACITY + 4
    np.testing.assert_array_equal(outputs["present_key_0"].ravel(), [1, 5, *[1] * (CAPACITY - 2)])
    assert past.sum() == CAPACITY, "what the caller fed is the caller's"


def test_bound_memory_keeps_what_each_run_wrote(session: Session) -> None:
    binding = bound(session)
    totals = [float(binding.run(feeds(row, 10.0**row))["total"]) for row in range(5)]
    assert totals == [1, 11, 111, 1111, 11_111]


def test_a_row_can_be_written_again(session: Session) -> None:
    binding = bound(session)
    binding.run(feeds(0, 1, 2, 3))
    assert binding.run(feeds(1, 7))["total"] == 11


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=8))
def test_any_sequence_of_runs_adds_up(session: Session, runs: list[list[int]]) -> None:
    binding, written = bound(session), [0] * CAPACITY
    start = 0
    for amounts in runs:
        if start + len(amounts) > CAPACITY:
            break
        written[start : start + len(amounts)] = amounts
        outputs = binding.run(feeds(start, *amounts))
        assert outputs["total"] == sum(written)
        np.testing.assert_array_equal(outputs["doubled"], [[2 * amount for amount in amounts]])
        start += len(amounts)


def test_shapes_may_change_from_run_to_run(session: Session) -> None:
    binding = bound(session)
    for length in (5, 1, 1, 9, 2):
        assert binding.run(feeds(0, *[1.0] * length))["doubled"].shape == (1, length)


def test_an_output_is_not_changed_by_the_next_run(session: Session) -> None:
    binding = bound(session)
    first = binding.run(feeds(0, 1, 2, 3))
    binding.run(feeds(0, 7, 8, 9))
    np.testing.assert_array_equal(first["doubled"], [[2, 4, 6]])
    assert first["total"] == 6


def test_bindings_of_one_session_do_not_share_memory(session: Session) -> None:
    one, other = bound(session), bound(session)
    one.run(feeds(0, 5))
    assert other.run(feeds(1, 1))["total"] == 1
    assert one.run(feeds(1, 1))["total"] == 6


def test_a_binding_outlives_every_other_reference(session: Session) -> None:
    binding = bound(session)
    gc.collect()
    binding.run(feeds(0, 5))
    gc.collect()
    assert binding.run(feeds(1, 1))["total"] == 6


def test_any_layout_in_memory_can_be_fed(session: Session) -> None:
    amounts = np.arange(24, dtype=np.float32).reshape(4, 6)
    strided, reverse = amounts[1:2, ::2], amounts[2:3, ::-1]
    binding = bound(session)
    for view in (strided, reverse, amounts.T[1:2]):
        outputs = binding.run({"amounts": view, "cache_len": np.zeros(1, np.int64)})
        np.testing.assert_array_equal(outputs["doubled"], 2 * view)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amounts": np.zeros((1, 1), np.float32)},
        {**feeds(0, 1), "surprise": np.zeros(1, np.float32)},
        {**feeds(0, 1), "amounts": np.zeros((1, 1), np.float64)},
        {**feeds(0, 1), "amounts": np.zeros(1, np.float32)},
        {**feeds(0, 1), "cache_len": np.zeros(1, np.int32)},
    ],
    ids=["missing", "unknown", "double", "rank", "int32"],
)
def test_feeds_that_do_not_fit_are_a_graph_error(session: Session, wrong: dict[str, Array]) -> None:
    with pytest.raises(GraphError):
        bound(session).run(wrong)


def test_a_refused_run_leaves_the_binding_usable(session: Session) -> None:
    binding = bound(session)
    binding.run(feeds(0, 5))
    with pytest.raises(GraphError):
        binding.run({**feeds(0, 1), "amounts": np.zeros((1, 1), np.float64)})
    assert binding.run(feeds(1, 1))["total"] == 6


@given(st.lists(st.integers(1, MAX_SCORED), min_size=1, max_size=6))
def test_a_call_gives_a_row_for_each_place_that_it_is_given(
    scoring_session: Session, counts: list[int]
) -> None:
    binding, start = bound(scoring_session), 0
    for count in counts:
        if start + count > CAPACITY:
            break
        amounts = np.arange(start, start + count, dtype=np.float32)[None]
        for scored in {1, count}:
            places = np.arange(count - scored, count)[None]
            outputs = binding.run({**feeds(start, *amounts[0]), "last_index": places})
            np.testing.assert_array_equal(outputs["picked"], amounts[:, -scored:])
        start += count


def legacy_bound(session: Session) -> Binding:
    return bind_legacy(session, 1, CAPACITY)


def test_a_kept_output_does_not_come_back(legacy_session: Session) -> None:
    outputs = legacy_bound(legacy_session).run(feeds(0, 1, 2))
    assert set(outputs) == {"totals"}
    assert outputs["totals"].ravel().tolist() == [3, -3]


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=1, max_size=8))
def test_appended_rows_are_where_the_next_run_reads_them(
    legacy_session: Session, runs: list[list[int]]
) -> None:
    binding, start, total = legacy_bound(legacy_session), 0, 0
    for amounts in runs:
        if start + len(amounts) > CAPACITY:
            break
        total += sum(amounts)
        outputs = binding.run(feeds(start, *amounts))
        assert outputs["totals"].ravel().tolist() == [total, -total]
        binding.append_rows("delta", ROWS, [start])
        start += len(amounts)


@pytest.mark.parametrize("kept", [1, 5, FEW_ROWS])
def test_rows_survive_a_layout_with_more_of_them(layout_session: Session, kept: int) -> None:
    session, amounts = layout_session, np.arange(1, kept + 1)
    few, many = ({"batch": 2, "kv_capacity": rows} for rows in (FEW_ROWS, CAPACITY))
    whole = session.allocate_block(ROWS, many)
    both = np.array([amounts, 10 * amounts], np.float32)
    for _ in range(2):
        start = session.relayout(whole, few, 0)
        binding = session.bind(start, on_device=["delta"])
        binding.run({"amounts": both, "cache_len": np.zeros(2, np.int64)})
        binding.append_rows("delta", ROWS, [0, 0])
        whole = session.relayout(start, many, kept)
        again = session.bind(whole, on_device=["delta"])
        outputs = again.run({"amounts": np.zeros((2, 1), np.float32), "cache_len": np.full(2, kept)})
        total = int(amounts.sum())
        assert outputs["totals"].ravel().tolist() == [total, -total, 10 * total, -10 * total]


def test_rows_that_are_not_appended_are_not_there(legacy_session: Session) -> None:
    binding = legacy_bound(legacy_session)
    binding.run(feeds(0, 5))
    assert binding.run(feeds(1, 2))["totals"].ravel().tolist() == [2, -2]


def test_rows_beyond_the_end_are_refused_before_they_spill(legacy_session: Session) -> None:
    binding = legacy_bound(legacy_session)
    binding.run(feeds(0, 1, 2, 3))
    with pytest.raises(GraphError):
        binding.append_rows("delta", ROWS, [CAPACITY - 2])
    binding.append_rows("delta", ROWS, [CAPACITY - 3])
    assert binding.run(feeds(CAPACITY, 0))["totals"].ravel().tolist() == [6, -6]


def test_rows_are_not_appended_before_there_are_any(legacy_session: Session) -> None:
    lost = rf"'delta' are to be appended to '{ROWS[0]}' and 1 more.* not one of this binding"
    with pytest.raises(GraphError, match=lost):
        legacy_bound(legacy_session).append_rows("delta", ROWS, [0])
