"""llama.cpp through llama-cpp-python: the text decoder alone, on a prompt as long as that of edge-asr.

llama.cpp itself quantizes the files, as `llama-quantize` does: 4-bit files keep the embedding table, which is
also the head, at 6 bits. In "pure" files all matrices have the same number of bits.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any, Final

import gguf  # noqa: F401 - imported here so that a missing package is noticed first
import llama_cpp
import numpy as np

from edge_bench.peers.gguf_file import write_gguf
from edge_bench.peers.peer import Clip, PeerError, Settings, StageTimes
from edge_bench.speed.figures import peak_rss_bytes


class Llama:
    """The decoder in one quantization."""

    def __init__(self, settings: Settings, variant: str) -> None:
        self._settings: Final = settings
        self._variant: Final = variant
        self._checkpoint: Final = settings.hf or settings.original
        self._model: Any = None

    def available(self) -> str | None:
        """Return that a checkpoint is missing, where it is."""
        return None if self._checkpoint else "it needs a checkpoint"

    def versions(self) -> dict[str, str]:
        """Return the version of llama-cpp-python, which contains llama.cpp."""
        return {"llama-cpp-python": llama_cpp.__version__}

    def convert(self) -> None:
        """Write the GGUF file, unless it exists."""
        assert self._checkpoint is not None, "available() says so before"
        if not self._file().is_file():
            self._file().parent.mkdir(parents=True, exist_ok=True)
            source = self._file().with_suffix(".f16.gguf")
            write_gguf(self._checkpoint, source)
            try:
                _quantize(source, self._variant, self._file())
            finally:
                source.unlink()

    def prepare(self) -> None:
        """Load the file."""
        llama_cpp.llama_backend_init()
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self._model = llama_cpp.llama_model_load_from_file(str(self._file()).encode(), parameters)
        if not self._model:
            raise PeerError(f"llama.cpp does not load {self._file()}")

    def run(self, clip: Clip, num_tokens: int) -> StageTimes:
        """Decode the prompt, then token by token; the end of the text is ignored."""
        context = self._context(len(clip.prompt_ids) + num_tokens)
        try:
            marks = [perf_counter()]
            token = self._decode(context, clip.prompt_ids)
            marks.append(perf_counter())
            for _ in range(num_tokens - 1):
                token = self._decode(context, (token,))
                marks.append(perf_counter())
        finally:
            llama_cpp.llama_free(context)
        prefill, *steps = 1e3 * np.diff(marks)
        return StageTimes(prefill_ms=float(prefill), step_ms=fmean(steps), peak_bytes=peak_rss_bytes())

    def _file(self) -> Path:
        assert self._checkpoint is not None, "available() says so before"
        return self._settings.work / f"{self._checkpoint.name}.llama-{self._variant.replace(' ', '-')}.gguf"

    def _context(self, num_positions: int) -> Any:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = num_positions
        parameters.n_batch = num_positions
        parameters.n_threads = parameters.n_threads_batch = self._settings.threads
        context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not context:
            raise PeerError(f"llama.cpp makes no context of {num_positions} positions")
        return context

    def _decode(self, context: Any, ids: tuple[int, ...]) -> int:
        """Decode tokens and return the most likely next one."""
        tokens = (llama_cpp.llama_token * len(ids))(*ids)
        status = llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(tokens, len(ids)))
        if status:
            raise PeerError(f"llama_decode of {len(ids)} tokens returns {status}")
        logits = llama_cpp.llama_get_logits_ith(context, -1)
        size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self._model))
        row = np.ctypeslib.as_array(ctypes.cast(logits, ctypes.POINTER(ctypes.c_float)), (size,))
        return int(row.argmax())


def _quantize(source: Path, variant: str, output: Path) -> None:
    """Quantize a file atomically; "pure" after the type's name quantizes every matrix alike."""
    name, _, rest = variant.partition(" ")
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{name.upper()}")
    parameters.pure = rest == "pure"
    partial = output.with_suffix(".partial")
    status = llama_cpp.llama_model_quantize(
        str(source).encode(), str(partial).encode(), ctypes.byref(parameters)
    )
    if status:
        raise PeerError(f"llama.cpp does not quantise {source} to {variant}")
    partial.replace(output)


def make(settings: Settings, variant: str) -> Llama:
    """Make the peer for a quantization."""
    return Llama(settings, variant)
