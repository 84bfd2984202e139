"""The modules of the page that need no browser, in Node.js; and every module is valid."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

import edge_runtime

PAGE: Final = Path(edge_runtime.__file__).parent / "serve" / "page"
NODE: Final = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node in PATH")


def run(imports: str, expression: str) -> Any:
    """Return the value of an expression with names of the page's modules."""
    program = f"import {imports};\nprocess.stdout.write(JSON.stringify({expression}));"
    command = [str(NODE), "--input-type=module", "--no-warnings", "-e", program]
    done = subprocess.run(command, cwd=PAGE, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_every_module_is_valid_and_short() -> None:
    modules = {str(path): path.read_text("utf-8") for path in PAGE.rglob("*.js")}
    assert len(modules) > 20
    # Parses without running: `node --check` takes one file a process.
    program = "import vm from 'node:vm'; for (const text of %s) new vm.SourceTextModule(text);"
    command = [str(NODE), "--experimental-vm-modules", "--no-warnings", "--input-type=module"]
    subprocess.run(command, input=program % json.dumps([*modules.values()]), check=True, text=True)
    assert [path for path, text in modules.items() if text.count("\n") > 150] == []


def test_both_languages_have_every_text_and_its_places() -> None:
    strings = run('{ STRINGS } from "./settings/strings.js"', "STRINGS")
    places = {
        code: {key: sorted(set(_places(text))) for key, text in texts.items()}
        for code, texts in strings.items()
    }
    assert places["en"] == places["zh"]
    used = (PAGE / "index.html").read_text("utf-8").split('data-text="')[1:]
    assert {text.partition('"')[0] for text in used} <= set(strings["en"])


def _places(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


@pytest.mark.parametrize("rate", [48000, 44100, 16000])
def test_the_resampler_keeps_speech_and_folds_nothing_back(rate: int) -> None:
    program = f"""[1000, 9500].map((pitch) => {{
        const resampler = new Resampler({rate});
        const output = [];
        for (let block = 0; block < {rate} / 128; block += 1) {{
            const wave = Float32Array.from({{ length: 128 }}, (_, i) =>
                Math.sin((2 * Math.PI * pitch * (128 * block + i)) / {rate}));
            output.push(...resampler.push(wave));
        }}
        output.push(...resampler.flush());
        const middle = output.slice(4000, 12000);
        const wanted = middle.map((_, i) => Math.sin((2 * Math.PI * pitch * (4000 + i)) / 16000));
        const loudest = (samples) => Math.max(...samples.map(Math.abs));
        return [output.length, loudest(middle), loudest(middle.map((x, i) => x - wanted[i]))];
    }})"""
    (length, _, error), (_, folded, _) = run('{ Resampler } from "./live/resampler.js"', program)
    assert length == pytest.approx(16000 * 128 * -(-rate // 128) / rate, abs=2)
    assert error < 2e-3
    assert rate == 16000 or folded < 1e-3


def test_words_are_located_and_times_survive_an_edit() -> None:
    program = """(() => {
        const words = ["好", "的，", "call", "Bob."].map((text, i) => ({ text, start: i, end: i + 1 }));
        const located = locate("好的，call Bob.", words);
        return [located.map((word) => word.at), retime(located, "好吧，call my Bob!", 0, 4)];
    })()"""
    at, edited = run('{ locate, retime } from "./transcript/word_times.js"', program)
    assert at == [0, 1, 3, 8]
    assert [(word["text"], word["start"], word["end"]) for word in edited] == [
        ("好", 0, 1),
        ("吧，", 1, 2),
        ("call", 2, 3),
        ("my", 3, 3),
        ("Bob!", 3, 4),
    ]


def test_long_sentences_become_cues_of_two_lines() -> None:
    text = "This sentence is long enough to fill two lines of a subtitle, or nearly. A second one, 然后还有。"
    program = f"cuesOf({{ start: 0, end: 7, text: {json.dumps(text)}, words: [] }})"
    cues = run('{ cuesOf } from "./transcript/cues.js"', program)
    assert " ".join(cue["text"].replace("\n", " ") for cue in cues) == text
    assert cues[0]["text"].endswith("nearly.")
    assert all(len(line) <= 42 for cue in cues for line in cue["text"].split("\n"))
    assert (cues[0]["start"], cues[-1]["end"]) == (0, 7)
    assert all(left["end"] <= right["start"] for left, right in pairwise(cues))


def test_a_recording_is_a_wav_file_of_everything_and_keeps_what_is_unsettled() -> None:
    program = """await (async () => {
        const recording = new Recording();
        for (let i = 0; i < 700; i += 1) recording.append(new Int16Array(1600).fill(i));
        recording.settle(1600 * 650 + 100);
        const bytes = await recording.wav().arrayBuffer();
        const samples = new Int16Array(bytes, 44);
        const text = new TextDecoder().decode(bytes.slice(0, 4));
        const { pending } = recording;
        return [text, samples.length, samples[1600 * 650], samples.at(-1), pending.length, pending[0].length];
    })()"""
    assert run('{ Recording } from "./live/recording.js"', program) == ["RIFF", 1120000, 650, 699, 50, 1500]
