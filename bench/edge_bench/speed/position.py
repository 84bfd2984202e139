"""Where a measured bundle stands under the ceilings of its machine."""

from __future__ import annotations

from statistics import median

from edge_bench.roofline.ceilings import measure_ceilings
from edge_bench.roofline.graph_work import read_graph_work
from edge_bench.roofline.position import Decoding, RooflinePosition, position_of
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.scenarios.scenario import Measured
from edge_runtime.backends.cpu import default_threads
from edge_runtime.backends.graph_file import GraphFile
from edge_runtime.bundle.bundle import Bundle

_TOKENS_PER_S = 13
"""Of audio in a prompt: a position of the encoder is 80 ms, and rounded up in each second."""


def measure_position(
    bundle: Bundle, measured: Measured, bench_options: BenchOptions
) -> RooflinePosition | None:
    """Measure the machine and set the decoder against it.

    None where that was not requested, where the bundle runs on a GPU, or where queries were decoded together:
    their stages are shares of common steps.
    """
    manifest = bundle.manifest
    is_shared = any(len(work.recordings) > 1 for work in measured.works)
    if not bench_options.roofline or manifest.target != "ort-cpu" or is_shared:
        return None
    prompt, spec = manifest.require_asr()
    work = read_graph_work(GraphFile.of(bundle, "decoder").file.read_bytes())
    threads = bench_options.threads or default_threads()
    ceilings = measure_ceilings(work.matrices, spec.hidden_size, threads)
    runs = [query.run for query in measured.queries]
    around = len(prompt.before_context) + len(prompt.before_audio) + len(prompt.after_audio)
    prompt_tokens = round(median(query.audio_s for query in measured.queries) * _TOKENS_PER_S) + around
    steps = [run.step_ms for run in runs if run.step_ms is not None]
    decoding = Decoding(
        prompt_tokens=prompt_tokens,
        cache_rows=prompt_tokens + round(median(run.num_tokens for run in runs) / 2),
        step_ms=median(steps) if steps else None,
        prefill_ms=median(run.prefill_ms for run in runs),
    )
    return position_of(work, spec, ceilings, decoding, threads)
