"""Commit figures are chosen by what they take back and how long they wait."""

from __future__ import annotations

from edge_bench.scoring.stream.commit_search import Trial, search
from edge_runtime.bundle.specs import CommitSpec
from edge_runtime.streaming.commit.options import CommitOptions, commit_options
from tests.support.manifests import make_manifest


def planted(spec: CommitSpec) -> Trial:
    """Surer tokens take back less and wait for longer; what is shown earlier is rewritten."""
    return Trial(
        spec,
        taken_back=-10 * spec.min_logprob + 0.09 * (spec.hold_back < 3),
        rewrite=-spec.shown_min_logprob,
        latency_s=1 + spec.min_logprob + 0.1 * spec.hold_back + 0.01 * spec.long_agreement,
        first_s=1.0,
    )


def test_the_least_latency_that_takes_back_few_is_found() -> None:
    best = search(planted)
    assert best.spec.min_logprob == -0.02, "-0.05 takes back half a percent"
    assert (best.spec.hold_back, best.spec.long_agreement) == (2, 4), "still 0.3"
    assert best.spec.shown_min_logprob == -0.1, "as many tokens as may be rewritten"


def test_where_all_take_back_too_many_the_least_is_taken() -> None:
    best = search(lambda spec: Trial(spec, 3 - spec.min_logprob, 0.5 - spec.shown_min_logprob, 1.0, 1.0))
    assert (best.spec.min_logprob, best.spec.shown_min_logprob) == (-0.005, -0.02)


def test_a_stream_takes_the_figures_of_its_bundle_and_the_defaults_without() -> None:
    assert commit_options(make_manifest()) == CommitOptions()
    mine = CommitSpec(agreement=3, hold_back=1, min_logprob=-0.2, long_agreement=9, shown_min_logprob=-0.3)
    expected = CommitOptions(
        agreement=3, hold_back=1, min_logprob=-0.2, long_agreement=9, shown_min_logprob=-0.3
    )
    assert commit_options(make_manifest(commit=mine)) == expected
