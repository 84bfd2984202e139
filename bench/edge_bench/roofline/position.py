"""How near a step and a prompt are to what this machine can do.

A step takes as long as its products do with matrices from memory, or as reading them alone, whichever is
longer, and what its other operators take that compute next to nothing. A prompt takes as long as its products
with many rows. This is a projection of this very machine, from what it was measured to do with the matrices
of the bundle's graph; it stands beside what the bundle was measured to take.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from edge_bench.roofline.ceilings import PROMPT_ROWS, Ceilings, ProductTime
from edge_bench.roofline.graph_work import GraphWork
from edge_runtime.arrays import Milliseconds
from edge_runtime.bundle.specs import DecoderSpec

_KEY_AND_VALUE = 2
_CACHE_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A run of the decoder's graph.

    Attributes:
        rows: tokens of the run: 1 in a step.
        num_bytes: weights and cache rows that it reads.
        operations: multiplications and additions of its products with weights.
        measured_ms: median of the queries.
        projected_ms: from the ceilings.
        memory_ms: reading the bytes alone.
        intensity: operations for a byte.
        gops: 10^9 operations a second, as measured.
    """

    rows: int
    num_bytes: float
    operations: float
    measured_ms: Milliseconds
    projected_ms: Milliseconds
    memory_ms: Milliseconds
    intensity: float
    gops: float

    @property
    def error(self) -> float:
        """How far the projection is off: 0.1 is a tenth of the measured time, either way."""
        return abs(self.projected_ms / self.measured_ms - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RooflinePosition:
    """The decoder's stages under the ceilings of this machine's CPU.

    Attributes:
        bandwidth_gb_s: 10^9 bytes a second that the threads read together.
        peak_gops: fastest product of the graph with rows of a prompt: 10^9 operations a second.
        operator_us: an operator that computes next to nothing.
        threads: of the measurement.
        step: one token; None where no text had two.
        prefill: the prompt.
    """

    bandwidth_gb_s: float
    peak_gops: float
    operator_us: float
    threads: int
    step: Stage | None
    prefill: Stage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """What was measured of a decoder.

    Attributes:
        prompt_tokens: median length of the prompts.
        cache_rows: that a step reads, in the middle of a text.
        step_ms: median of a step; None where there was none.
        prefill_ms: median of the prompts.
    """

    prompt_tokens: int
    cache_rows: int
    step_ms: Milliseconds | None
    prefill_ms: Milliseconds


def position_of(
    work: GraphWork, spec: DecoderSpec, ceilings: Ceilings, decoding: Decoding, threads: int
) -> RooflinePosition:
    """Set what was measured against the ceilings.

    Args:
        work: of the decoder's graph.
        spec: its geometry.
        ceilings: of this machine.
        decoding: what was measured.
        threads: of both.
    """
    times = {product.matrix: product for product in ceilings.products}
    rows = [(times[matrix], count) for matrix, count in Counter(work.matrices).items()]
    cache = _row_bytes(spec) * decoding.cache_rows
    others_s = work.num_others * ceilings.operator_s + ceilings.call_s
    step = prefill = None
    if decoding.step_ms is not None:
        products = [(product, count, 1, product.step_s) for product, count in rows]
        step = _stage(products, cache, others_s, ceilings, decoding.step_ms, 1)
    tokens = decoding.prompt_tokens
    if decoding.prefill_ms:
        # The head scores the last row alone.
        prompt = [
            (product, count, 1, product.step_s)
            if product.matrix.outputs == spec.vocab_size
            else (product, count, tokens, product.prompt_s * tokens / PROMPT_ROWS)
            for product, count in rows
        ]
        prefill = _stage(prompt, 0.0, others_s, ceilings, decoding.prefill_ms, tokens)
    peak = max(
        2 * product.matrix.num_weights * PROMPT_ROWS / product.prompt_s for product in ceilings.products
    )
    return RooflinePosition(
        bandwidth_gb_s=ceilings.bandwidth / 1e9,
        peak_gops=peak / 1e9,
        operator_us=1e6 * ceilings.operator_s,
        threads=threads,
        step=step,
        prefill=prefill,
    )


def _stage(
    products: list[tuple[ProductTime, int, int, float]],
    cache_bytes: float,
    others_s: float,
    ceilings: Ceilings,
    measured_ms: Milliseconds,
    rows: int,
) -> Stage:
    """Sum up products, each given with its count, its rows, and its time out of the caches."""
    weights = [product.matrix.num_bytes * count for product, count, _, _ in products]
    operations = sum(2.0 * product.matrix.num_weights * count * each for product, count, each, _ in products)
    bounds = [
        count * max(product.matrix.num_bytes / ceilings.bandwidth, seconds)
        for product, count, _, seconds in products
    ]
    num_bytes = sum(weights) + cache_bytes
    projected_s = sum(bounds) + cache_bytes / ceilings.bandwidth + others_s
    return Stage(
        rows=rows,
        num_bytes=num_bytes,
        operations=operations,
        measured_ms=measured_ms,
        projected_ms=1e3 * projected_s,
        memory_ms=1e3 * num_bytes / ceilings.bandwidth,
        intensity=operations / num_bytes,
        gops=operations / measured_ms / 1e6,
    )


def _row_bytes(spec: DecoderSpec) -> int:
    """Return the bytes of one row of the cache, over all layers."""
    values = _KEY_AND_VALUE * spec.num_layers * spec.num_kv_heads * spec.head_dim
    return values * _CACHE_BYTES[spec.kv_dtype]
