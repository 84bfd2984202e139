"""Which words are stable, by planted hypotheses; each rule fails here without its condition."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge_runtime.errors import UsageError
from edge_runtime.streaming.commit.committer import Committer
from edge_runtime.streaming.commit.options import CommitOptions, Shown
from tests.support.hypotheses import decode, hypothesis


def commits(options: CommitOptions, texts: Sequence[str], hop_s: float = 0.5) -> list[tuple[str, str]]:
    """Return (stable_added, draft) of each hypothesis. A token is a word; `?` behind it: doubtful."""
    committer = Committer(options, decode)
    seen = []
    for index, text in enumerate(texts, 1):
        commit = committer.add(hypothesis(text), index * hop_s)
        seen.append((commit.stable_added, commit.draft))
    return seen


def stable(options: CommitOptions, texts: Sequence[str], hop_s: float = 0.5) -> list[str]:
    return [added for added, _ in commits(options, texts, hop_s)]


PROBABILITY = CommitOptions()
AGREE_2 = CommitOptions(policy="local_agreement")


def test_probability_needs_two_that_agree_and_three_tokens_behind() -> None:
    assert stable(PROBABILITY, ["a b c d", "a b c d", "a b c d e", "x"]) == ["", "a", " b", ""]


def test_probability_holds_a_doubtful_token_and_all_behind_it_until_six_agree() -> None:
    texts = ["a b? c d e f"] * 7
    assert stable(PROBABILITY, texts) == ["", "a", "", "", "", " b c", ""]


def test_local_agreement_takes_what_n_hypotheses_in_a_row_have_in_common() -> None:
    texts = ["a b c", "a b d", "a b d e f", "a b d e f g"]
    assert stable(AGREE_2, texts) == ["", "a b", " d", " e f"]
    three = CommitOptions(policy="local_agreement", agreement=3, hold_back=1)
    assert stable(three, texts) == ["", "", "a b", " d"]


def test_official_rolls_five_tokens_back_behind_four_chunks_of_two_seconds() -> None:
    texts = ["a b c d e f g h"] * 24
    seen = stable(CommitOptions(policy="official"), texts)
    assert [(index, each) for index, each in enumerate(seen, 1) if each] == [(20, "a b c")]


def test_no_word_is_cut_and_characters_stand_alone() -> None:
    pieces = [["play", "ing", " on", " and", " on"], ["play", "ing", " on", " and", " off"]]
    committer = Committer(CommitOptions(policy="local_agreement", hold_back=4), decode)
    assert [committer.add(hypothesis(tokens), 1.0).stable_added for tokens in pieces] == ["", ""]
    committer = Committer(CommitOptions(policy="local_agreement", hold_back=1), decode)
    characters = ["你", "好", "吗"]
    assert [committer.add(hypothesis(characters), 1.0).stable_added for _ in range(2)] == ["", "你好"]


def test_half_a_character_is_neither_stable_nor_shown() -> None:
    halves = [b"\xe4\xbd\xa0", "好".encode()[:2]]
    committer = Committer(CommitOptions(policy="local_agreement", shown="raw"), decode)
    shown = [committer.add(hypothesis(halves), 1.0) for _ in range(2)]
    assert [(each.stable_added, each.draft) for each in shown] == [("", "你"), ("你", "")]
    whole = [*halves, "好".encode()[2:], "吗".encode()]
    after = committer.add(hypothesis(whole), 1.5)
    assert (after.stable_added, after.draft) == ("", "好吗")


def test_a_contradicted_stable_text_gets_no_longer_until_a_hypothesis_begins_with_it_again() -> None:
    texts = ["a b c", "a b c", "a x c d e", "a x c d e", "a b c d e", "a b c d e"]
    assert stable(AGREE_2, texts) == ["", "a b", "", "", "", " c d"]


@pytest.mark.parametrize(
    ("shown", "drafts"),
    [
        ("likely", ["a b", " b", ""]),
        ("agreed", ["", " b c d", " b c"]),
        ("raw", ["a b c d", " b c d", " b c e"]),
    ],
)
def test_what_is_shown_is_likely_agreed_on_or_all(shown: Shown, drafts: list[str]) -> None:
    options = CommitOptions(shown=shown, hold_back=3)
    seen = commits(options, ["a b c? d", "a b c? d", "a b? c e"])
    assert [draft for _, draft in seen] == drafts


def test_the_draft_behind_a_contradicted_text_goes_on_where_the_two_meet() -> None:
    options = CommitOptions(policy="local_agreement", shown="raw")
    assert commits(options, ["a b c d", "a b c d", "a x c d e"])[2] == ("", " d e")


@pytest.mark.parametrize(
    "wrong",
    [{"agreement": 0}, {"rollback_tokens": -1}, {"min_logprob": 0.1}, {"policy": "none"}, {"shown": "none"}],
)
def test_figures_that_mean_nothing_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        CommitOptions(**wrong)  # type: ignore[arg-type]
