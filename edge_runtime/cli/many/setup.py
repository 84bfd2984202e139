"""Load what transcribes: in this process, or in each worker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.backends.cpu import default_threads
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.flags.model import ModelFlags
from edge_runtime.cli.loading import described
from edge_runtime.cli.many.engine import Engine, Request
from edge_runtime.cli.terminal import say
from edge_runtime.recognition.recognizer import Recognizer


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSetup:
    """What an engine is loaded from; it can be passed to another process.

    Attributes:
        model: the recognizer's bundle, and the device of both.
        aligner: the aligner's bundle, None for the only one there is.
        request: for all recordings; words are timed where it says how they are aligned.
        quiet: no remarks.
        verbose: say which bundle runs.
    """

    model: ModelFlags
    aligner: Path | None
    request: Request
    quiet: bool
    verbose: bool

    def load(self) -> Engine:
        """Load the bundles; raises as `Recognizer.load` and `choose_bundle` do."""
        recognizer = self.model.load(Recognizer, choose_bundle(self.model.model, "asr"), quiet=self.quiet)
        say(f"edge-asr: bundle {described(recognizer.bundle)}", quiet=not self.verbose)
        aligner = None
        if self.request.align is not None:
            aligner = self.model.load(Aligner, choose_bundle(self.aligner, "aligner"), quiet=self.quiet)
        return Engine(recognizer, aligner, self.request, self.quiet)

    def of_worker(self, jobs: int) -> EngineSetup:
        """Return the setup of one of several workers: each has its part of the cores and says nothing."""
        threads = self.model.threads or max(1, default_threads() // jobs)
        return replace(self, model=replace(self.model, threads=threads), quiet=True, verbose=False)
