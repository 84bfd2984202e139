"""`edge-asr bench`, on a bundle whose answers are planted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from edge_bench.speed.figures import Spread, spread
from edge_bench.speed.measure import figures_of, load, measure, run_of
from edge_bench.speed.report import BenchOptions, Run, json_schema
from edge_bench.speed.table import table
from edge_runtime.errors import ExitCode
from tests.bench.support.speed import SCHEMA
from tests.support.command import Command
from tests.support.manifests import MAX_AUDIO_S
from tests.support.tiny_bundle import LOOP_ANSWER, SPEECH_ANSWER, write_tiny_bundle

NUM_TOKENS = len(SPEECH_ANSWER) - 1
"""The last one ends the answer."""

RUN = Run(
    rtf=0.5,
    ttft_ms=20.0,
    decode_ms=1.0,
    frontend_ms=2.0,
    encoder_ms=3.0,
    prefill_ms=4.0,
    generate_ms=10.0,
    total_ms=20.0,
    step_ms=5.0,
    decode_tok_s=200.0,
    num_tokens=3,
    status="ok",
)


def test_a_spread_is_least_middle_and_greatest_of_the_known_values() -> None:
    assert spread([4.0, 1.0, None, 2.0]) == Spread(1.0, 2.0, 4.0)
    assert spread([3.0, 1.0]) == Spread(1.0, 2.0, 3.0)
    assert spread([None]) is None


def test_each_figure_is_summed_up_over_the_runs() -> None:
    runs = [RUN, replace(RUN, rtf=0.7, ttft_ms=None), replace(RUN, rtf=0.6, step_ms=9.0)]
    figures = figures_of(runs)
    assert figures.rtf == Spread(0.5, 0.6, 0.7)
    assert figures.step_ms == Spread(5.0, 5.0, 9.0)
    assert figures.ttft_ms == Spread(20.0, 20.0, 20.0)
    assert figures_of([replace(RUN, ttft_ms=None)]).ttft_ms is None


def test_times_of_a_run_are_those_of_its_transcript(tiny_bundle: Path, clip: Path) -> None:
    transcript = load(tiny_bundle, BenchOptions()).recognizer.transcribe(clip)
    run, timing = run_of(transcript), transcript.timing
    assert (run.encoder_ms, run.total_ms, run.rtf) == (timing.encoder_ms, timing.total_ms, timing.rtf)
    # The end-of-sequence token is a step as well.
    assert run.step_ms == pytest.approx(timing.generate_ms / NUM_TOKENS)


def test_every_stage_is_part_of_the_total_and_the_rates_follow(tiny_bundle: Path, clip: Path) -> None:
    bench_options = BenchOptions(warm_up=0, repeats=3)
    report = measure(load(tiny_bundle, bench_options), clip, bench_options)
    assert len(report.runs) == 3
    for run in report.runs:
        stages = run.decode_ms + run.frontend_ms + run.encoder_ms + run.prefill_ms + run.generate_ms
        assert 0 < stages <= run.total_ms
        assert run.rtf == pytest.approx(run.total_ms / 1e3 / report.audio.duration_s)
        assert run.step_ms == pytest.approx(1e3 / run.decode_tok_s)
        assert (run.num_tokens, run.status) == (NUM_TOKENS, "ok")


def test_runs_to_warm_up_are_not_among_the_measured_ones(
    tiny_bundle: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench_options = BenchOptions(warm_up=2, repeats=3)
    loaded = load(tiny_bundle, bench_options)
    transcribe, calls = loaded.recognizer.transcribe, []

    def counted(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        return transcribe(*arguments, **options)

    monkeypatch.setattr(loaded.recognizer, "transcribe", counted)
    assert len(measure(loaded, clip, bench_options).runs) == 3
    assert len(calls) == 5


def test_the_table_has_a_row_for_every_figure(command: Command, tiny_bundle: Path, clip: Path) -> None:
    outcome = command("bench", clip, "-m", tiny_bundle, "--repeats", 3, "--threads", 2)
    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")
    assert lines[0].startswith("bundle       tiny  (ort-cpu, fp32, ")
    assert lines[1] == f"audio        {clip}  (1.0 s)"
    assert lines[2] == "runs         3 after 1 to warm up, threads: 2"
    labels = [line[:18].strip() for line in lines]
    assert {"RTF", "TTFT ms", "audio decode ms", "encoder ms", "step ms per token", "tok/s"} <= set(labels)
    (head,) = (line for line in lines if line.split() == ["min", "median", "max"])
    figures = lines[lines.index(head) + 1 : lines.index("", lines.index(head))]
    assert {len(line) for line in figures} == {len(head)}, "aligned"
    for line in figures:
        low, middle, high = map(float, line[18:].split())
        assert low <= middle <= high


def test_what_no_run_has_is_a_dash_in_the_table(tiny_bundle: Path, clip: Path) -> None:
    bench_options = BenchOptions(repeats=1, max_new_tokens=1)
    report = measure(load(tiny_bundle, bench_options), clip, bench_options)
    (row,) = (line for line in table(report).splitlines() if line.startswith("tok/s"))
    assert row.split() == ["tok/s", "-", "-", "-"]
    assert "1 a run (truncated)" in table(report)


def test_json_follows_the_published_schema(command: Command, tiny_bundle: Path, clip: Path) -> None:
    outcome = command("bench", clip, "-m", tiny_bundle, "--json", "--repeats", 2)
    document = json.loads(outcome.out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    assert document["schema"] == "edge-asr/bench@1"
    assert document["engine"]["name"] == "tiny"
    assert document["environment"]["num_cores"] >= 1
    assert document["memory"]["peak_bytes"] >= document["memory"]["current_bytes"] > 0
    assert document["load"]["verify_ms"] > 0
    assert [run["num_tokens"] for run in document["runs"]] == [NUM_TOKENS] * 2
    assert document["audio"] == {"path": str(clip), "duration_s": 1.0}


def test_the_published_schema_is_that_of_the_code() -> None:
    # Write it again with: python -m edge_bench.schema > bench/bench.schema.json
    assert json.loads(SCHEMA.read_text("utf-8")) == json.loads(json.dumps(json_schema()))


def test_the_report_can_be_kept_beside_the_table(command: Command, tiny_bundle: Path, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    outcome = command("bench", "--synthetic", 2, "-m", tiny_bundle, "--repeats", 1, "--save", saved)
    document = json.loads(saved.read_text("utf-8"))
    assert "\naudio        synthetic  (2.0 s)\n" in outcome.out
    assert document["audio"] == {"path": None, "duration_s": 2.0}
    assert document["asked"]["repeats"] == 1


def test_a_token_budget_fixes_how_much_is_decoded(command: Command, tmp_path: Path, clip: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "loop", LOOP_ANSWER)
    outcome = command("bench", clip, "-m", bundle, "--json", "--repeats", 2, "--max-new-tokens", 9)
    assert [run["num_tokens"] for run in json.loads(outcome.out)["runs"]] == [9, 9]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ((), ExitCode.USAGE, "Give an audio file, or --synthetic SECONDS."),
        (("CLIP", "--synthetic", "3"), ExitCode.USAGE, "cannot both be. Leave one out."),
        (("--synthetic", "0"), ExitCode.USAGE, "at least 0.1 seconds"),
        (("--synthetic", "nan"), ExitCode.USAGE, "at least 0.1 seconds"),
        (("--synthetic", "1e12"), ExitCode.ALL_INPUTS_FAILED, f"takes {MAX_AUDIO_S} s in one piece"),
        (("nowhere.wav",), ExitCode.ALL_INPUTS_FAILED, "nowhere.wav: no such file."),
        (("CLIP", "--save", "nowhere/report.json"), ExitCode.USAGE, "no folder nowhere. Create it"),
        (("CLIP", "--device", "toaster"), ExitCode.USAGE, "Unknown device 'toaster'"),
        (("CLIP", "--language", "Elvish"), ExitCode.USAGE, "Elvish"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    command: Command,
    tiny_bundle: Path,
    clip: Path,
    arguments: tuple[str, ...],
    code: ExitCode,
    complaint: str,
) -> None:
    command_line = [clip if argument == "CLIP" else argument for argument in arguments]
    outcome = command("bench", *command_line, "-m", tiny_bundle)
    assert outcome.code == code
    assert complaint in outcome.error


@pytest.mark.parametrize("flag", ["--repeats", "--max-new-tokens"])
def test_no_runs_and_no_tokens_are_refused(command: Command, clip: Path, flag: str) -> None:
    outcome = command("bench", clip, flag, 0)
    assert outcome.code == ExitCode.USAGE
    assert flag in outcome.err


def test_silence_is_refused_since_its_times_say_little(
    command: Command, tiny_bundle: Path, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)
    outcome = command("bench", tmp_path / "silence.wav", "-m", tiny_bundle)
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED
    assert "silence.wav: silent" in outcome.error
