"""Calls with drafts are counted, and tokens that differ are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from edge_bench.drafts.__main__ import app
from edge_bench.drafts.counting import Calls, CountingDecoder
from edge_bench.drafts.measure import Measured
from edge_bench.drafts.text_decoder import TextDecoder
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.decoding.drafts import HypothesisDraft
from edge_runtime.decoding.generate import generate
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from tests.support.manifests import PROMPT

EOS = 0
TEXT = tuple(range(1, 41))
INPUT = DecoderInput(build_prompt(PROMPT, 1), np.zeros((1, 4), np.float32), len(TEXT) + 1)


def test_a_text_is_written_whatever_is_proposed() -> None:
    decoder = TextDecoder(TEXT, EOS)
    for hypothesis in (TEXT, TEXT[5:], (7, 7, 7), ()):
        actual = generate(decoder, INPUT, eos_ids=[EOS], draft=HypothesisDraft(hypothesis))
        assert actual.token_ids == TEXT


def test_calls_and_what_they_cost_are_counted() -> None:
    calls = Calls()
    generate(CountingDecoder(TextDecoder(TEXT, EOS), calls), INPUT, eos_ids=[EOS])
    assert (calls.num_calls, calls.num_tokens, calls.steps("int4")) == (40, 40, 40)
    eight = Calls(1, 8)
    assert [eight.steps(precision) for precision in ("int4", "int8")] == pytest.approx([1.66, 1.75])


def test_a_right_draft_takes_an_eighth_of_the_calls() -> None:
    measured = Measured()
    measured.add("one", TextDecoder(TEXT, EOS), INPUT, [EOS], {"right": HypothesisDraft(TEXT)})
    assert measured.share("right") == 5 / 40
    assert measured.cost("right", "int8") == pytest.approx(5 * 1.75 / 40)
    assert measured.different == []


def test_the_command_counts_on_a_bundle_and_holds_it_to_its_bar(tmp_path: Path) -> None:
    clips = Path("tests/clips").resolve()
    corpus = tmp_path / "manifest.jsonl"
    lines = (clips / "manifest.jsonl").read_text("utf-8").splitlines()[:2]
    corpus.write_text("\n".join(line.replace('"audio": "', f'"audio": "{clips}/') for line in lines), "utf-8")
    domain = tmp_path / "domain.txt"
    domain.write_text("Turn on the lamp.\n", "utf-8")
    flags = ["--model", str(SHIPPED["mini"]), "--general", "LICENSE", "--threads", "1", "--bar"]
    outcome = CliRunner().invoke(app, [str(corpus), str(domain), *flags, "calls=1"])
    assert outcome.exit_code == 0, outcome.output
    assert "scores: precision=int8 exact=100.000 calls=0." in outcome.stdout
    missed = CliRunner().invoke(app, [str(corpus), str(domain), *flags, "general_cost=0.01"])
    assert missed.exit_code == 8
    assert "general_cost is" in missed.output
