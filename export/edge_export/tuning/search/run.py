"""The whole search: round both ways, measure, choose, and write a recipe with reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from edge_export.calibration.observed_graphs import ObservedGraphs
from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.graphs import geometry
from edge_export.graphs.export_config import FLOAT
from edge_export.graphs.session import open_graph
from edge_export.parity.parity import Graphs
from edge_export.quantize.recipe import SCHEMA, OverrideRecipe, QuantizationRecipe
from edge_export.tuning.search.candidate import candidates
from edge_export.tuning.search.choice import choose
from edge_export.tuning.search.forced import TeacherForcedSpeech
from edge_export.tuning.search.mixture import PLANS, MixedPrecisionDecoder
from edge_export.tuning.search.patched import PatchedDecoder
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.tuning.search.choice import Step
    from edge_export.tuning.search.forced import Divergence


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What to search for.

    Attributes:
        model: as of `edge-asr build-engines`.
        recordings: to calibrate and to measure on.
        budget: maximum bytes of the decoder's matrices, relative to all at four bits.
        target: error, see `Divergence.error`, that is good enough.
    """

    model: str
    recordings: Sequence[Recording]
    budget: float = 1.1
    target: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a budget that leaves nothing to choose.

        Raises:
            UsageError: the budget allows no matrix more than four bits.
        """
        if self.budget <= 1:
            raise UsageError(
                f"A budget of {self.budget:g} times the bytes at four bits leaves no choice; ask for 1.1."
            )


def search(options: SearchOptions, on_line: Callable[[str], None]) -> QuantizationRecipe:
    """Find the matrices of a decoder whose eight bits are worth their bytes.

    Raises:
        EdgeAsrError: the checkpoint or a recording cannot be used, or the checkpoint has no decoder.
    """
    checkpoint = read_checkpoint(resolve(options.model, HubOptions()))
    if checkpoint.config.kind != "asr":
        raise UsageError(
            f"{options.model}: an aligner has eight bits in every precision of ONNX Runtime; "
            f"there is nothing to search for. Name a checkpoint that transcribes."
        )
    with TemporaryDirectory() as folder:
        mixture = _mixture(checkpoint, options.recordings, Path(folder), on_line)
        return _search(mixture, options, on_line)


def _mixture(
    checkpoint: Checkpoint, recordings: Sequence[Recording], folder: Path, on_line: Callable[[str], None]
) -> MixedPrecisionDecoder:
    for name in ("float", "patched"):
        (folder / name).mkdir()
    graphs = ObservedGraphs(checkpoint, PLANS[4], folder / "float")
    decoder = PatchedDecoder(checkpoint, folder / "patched")
    speech = TeacherForcedSpeech(checkpoint, _open_graphs(checkpoint, graphs, decoder), recordings)
    mixture = MixedPrecisionDecoder(graphs, decoder, speech)
    on_line(f"rounding {len(mixture.names)} matrices to four and to eight bits")
    mixture.round(recordings, folder)
    return mixture


def _open_graphs(checkpoint: Checkpoint, graphs: ObservedGraphs, decoder: PatchedDecoder) -> Graphs:
    config, prompt = checkpoint.config, checkpoint.prompt
    assert prompt is not None, "a checkpoint that transcribes has a prompt"
    component = geometry.components(config, FLOAT)["encoder"]
    return Graphs(
        encoder=open_graph(component, dict(graphs.paths())["encoder"]),
        decoder=decoder.open(),
        features=checkpoint.features,
        encoder_spec=geometry.encoder_geometry(config.audio),
        prompt=prompt,
        limits=geometry.limits(config),
    )


def _search(
    mixture: MixedPrecisionDecoder, options: SearchOptions, on_line: Callable[[str], None]
) -> QuantizationRecipe:
    int4_bytes = sum(mixture.size(name, 4) for name in mixture.names)

    def measure(names: frozenset[str]) -> float:
        measured = mixture.measure(names)
        size = (int4_bytes + mixture.added(names)) / int4_bytes
        on_line(f"{len(names)} of {len(mixture.names)} at eight bits, {size:.3f}x bytes: {measured.text()}")
        return measured.error

    budget = int((options.budget - 1) * int4_bytes)
    steps = choose(candidates(mixture.names), measure, mixture.added, budget, options.target)
    int8_names = frozenset(name for step in steps for name in step.candidate.names)
    before, after = mixture.measure(frozenset()), mixture.measure(int8_names)
    return QuantizationRecipe(
        schema=SCHEMA,
        precision="int4",
        reason=_reason(options, before, after, mixture.added(int8_names) / int4_bytes),
        overrides=tuple(map(_override, steps)),
    )


def _reason(options: SearchOptions, before: Divergence, after: Divergence, extra: float) -> str:
    return (
        f"{options.model}, {len(options.recordings)} recordings, {before.steps} tokens, GPTQ: all at four "
        f"bits {before.text()}; with these exceptions {after.text()}, for {extra:.1%} more bytes of the "
        f"decoder's matrices (budget {options.budget - 1:.1%})."
    )


def _override(step: Step) -> OverrideRecipe:
    return OverrideRecipe(
        pattern=step.candidate.pattern,
        weights="int8",
        reason=f"Squared error of the logits {step.before:.3e} to {step.after:.3e} of theirs, for "
        f"{step.bytes} bytes.",
    )
