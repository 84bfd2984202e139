"""edge-asr itself, as `edge-asr bench` measures it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edge_bench.peers.language import LANGUAGE
from edge_bench.peers.peer import Clip, PeerError, Settings, StageTimes
from edge_bench.speed.figures import peak_rss_bytes
from edge_bench.speed.loading import load
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.run import run_of
from edge_runtime.errors import EdgeAsrError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.version import VERSION


class Ours:
    """One bundle."""

    def __init__(self, settings: Settings, bundle: Path) -> None:
        self._bench_options: Final = BenchOptions(threads=settings.threads, device="auto")
        self._bundle: Final = bundle
        self._recognizer: Recognizer | None = None

    def available(self) -> str | None:
        """Return None: loading reports what is wrong with a bundle."""

    def versions(self) -> dict[str, str]:
        """Return the version of the runtime."""
        return {"edge-asr": VERSION}

    def convert(self) -> None:
        """Do nothing: bundles are built already."""

    def prepare(self) -> None:
        """Verify and load the bundle."""
        try:
            self._recognizer = load(self._bundle, self._bench_options).recognizer
        except EdgeAsrError as error:
            raise PeerError(str(error)) from error

    def run(self, clip: Clip, num_tokens: int) -> StageTimes:
        """Transcribe with a token budget; the step time is the mean over all steps."""
        assert self._recognizer is not None, "prepare() comes before run()"
        options = TranscribeOptions(language=LANGUAGE, max_new_tokens=num_tokens)
        run = run_of(self._recognizer.transcribe(clip.wav, options=options))
        if run.step_ms is None:
            raise PeerError(f"{clip.name}: {run.num_tokens} tokens are too few to time a step")
        return StageTimes(
            frontend_ms=run.frontend_ms,
            encoder_ms=run.encoder_ms,
            prefill_ms=run.prefill_ms,
            step_ms=run.step_ms,
            peak_bytes=peak_rss_bytes(),
        )


def make(settings: Settings, _variant: str) -> Ours:
    """Make the peer for the bundle of the settings."""
    assert settings.bundle is not None, "a bundle is part of each of our rows"
    return Ours(settings, settings.bundle)
