"""One model, several threads and processes."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from edge_bench.corpus import AlignedClip, read_list
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.errors import UsageError
from edge_runtime.model.decoder import Decoder, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.recognition.recognizer import Recognizer
from tests.conftest import ROOT
from tests.support.tiny_bundle import SPEECH_TEXT, tone

CLIPS = sorted((ROOT / "tests" / "clips").glob("*.flac"))
ALIGNED = ROOT / "tests" / "aligned_clips" / "manifest.jsonl"
NUM_THREADS = 8
RATE = 16_000


def test_eight_threads_that_share_a_recognizer_get_what_one_gets(mini_bundle: Path) -> None:
    recognizer = Recognizer.load(mini_bundle)
    alone = [recognizer.transcribe(clip).text for clip in CLIPS]
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        together = [one.text for one in pool.map(recognizer.transcribe, CLIPS)]
        batches = pool.map(lambda _: list(recognizer.transcribe_batch(CLIPS[:6])), range(NUM_THREADS))
        batched = [[one.text for one in batch] for batch in batches]
    assert together == alone
    assert batched == [alone[:6]] * NUM_THREADS


def test_eight_threads_that_share_an_aligner_get_what_one_gets(mini_aligner_bundle: Path) -> None:
    aligner = Aligner.load(mini_aligner_bundle)
    clips = read_list(ALIGNED, AlignedClip)
    requests = [(ALIGNED.parent / clip.audio, clip.text, clip.language) for clip in clips]
    alone = [aligner.align(*request).words for request in requests]
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        together = [one.words for one in pool.map(lambda request: aligner.align(*request), requests * 3)]
    assert together == alone * 3


def test_close_waits_for_the_call_that_runs_in_another_thread(tiny_bundle: Path) -> None:
    recognizer = Recognizer.load(tiny_bundle)
    started, go_on, closed = Event(), Event(), Event()

    prefill = Decoder.prefill

    def slow(self: Decoder, decoder_input: DecoderInput) -> ScoredToken:
        started.set()
        assert go_on.wait(30)
        assert not closed.is_set()
        return prefill(self, decoder_input)

    def close() -> None:
        recognizer.close()
        closed.set()

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(Decoder, "prefill", slow)
        running = pool.submit(recognizer.transcribe, (RATE, tone(RATE)))
        assert started.wait(30)
        closing = pool.submit(close)
        assert not closed.wait(0.2)
        go_on.set()
        assert running.result(30).text == SPEECH_TEXT
        closing.result(30)
    assert recognizer.closed


def _transcribe_inherited(recognizer: Recognizer, answers: multiprocessing.SimpleQueue[str]) -> None:
    try:
        answers.put(recognizer.transcribe(tone(RATE), sample_rate=RATE).text)
    except UsageError as error:
        answers.put(str(error))


def _transcribe_loaded(bundle: Path, answers: multiprocessing.SimpleQueue[str]) -> None:
    answers.put(Recognizer.load(bundle).transcribe(tone(RATE), sample_rate=RATE).text)


def test_a_forked_child_is_refused_a_model_of_its_parent(tiny_bundle: Path) -> None:
    recognizer = Recognizer.load(tiny_bundle)
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.SimpleQueue[str] = context.SimpleQueue()
    child = context.Process(target=_transcribe_inherited, args=(recognizer, answers))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert "Load one in each process" in answers.get()
    assert recognizer.transcribe(tone(RATE), sample_rate=RATE).text == SPEECH_TEXT


def test_a_spawned_child_loads_its_own(tiny_bundle: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.SimpleQueue[str] = context.SimpleQueue()
    child = context.Process(target=_transcribe_loaded, args=(tiny_bundle, answers))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert answers.get() == SPEECH_TEXT


def test_a_model_that_is_pickled_says_what_to_do(tiny_bundle: Path, tiny_aligner_bundle: Path) -> None:
    for model in (Recognizer.load(tiny_bundle), Aligner.load(tiny_aligner_bundle)):
        with pytest.raises(TypeError, match="Pass the path of its bundle"):
            pickle.dumps(model)
