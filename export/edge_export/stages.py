"""The stages of a build: each fills one folder from the checkpoint and from the stages before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_export import assemble, graphs
from edge_export.capacity import DYNAMIC, with_capacity
from edge_export.golden import write_golden
from edge_export.parity import PARITY_NAME, Graphs, open_graph, prove, with_logits
from edge_export.probes import GOLDEN_PROBES, PROBE_SECONDS, probe_waveform
from edge_export.tokenizer import TOKENIZER_NAME
from edge_runtime.golden import GOLDEN_NAME, Golden

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint import Checkpoint
    from edge_export.workspace import Workspace

Work = Callable[["Checkpoint", "Workspace", "Path"], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        name: of the stage and its folder.
        work: called with checkpoint, workspace and the folder to fill.
        installs: names of its files that belong into the bundle.
    """

    name: str
    work: Work
    installs: tuple[str, ...]


def write_tokenizer(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
    """Write tokenizer.json."""
    (folder / TOKENIZER_NAME).write_text(checkpoint.tokenizer.to_json(), "utf-8", newline="")


def write_encoder(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
    """Write the encoder graph and its weights."""
    from edge_export.to_onnx import write_graph  # noqa: PLC0415 - finished stages should cost no import of torch

    write_graph(graphs.encoder_spec(checkpoint.config.audio), checkpoint.config, checkpoint.weights, folder)


def write_decoder(
    checkpoint: Checkpoint, _: Workspace, folder: Path, *, kv_capacity: int | str = DYNAMIC
) -> None:
    """Write the decoder graph, its weights, and the parity graph over them."""
    from edge_export.to_onnx import write_graph, write_parity_graph  # noqa: PLC0415 - as above

    spec = graphs.decoder_spec(checkpoint.config.text, kv_capacity)
    write_graph(spec, checkpoint.config, checkpoint.weights, folder)
    write_parity_graph(spec, folder)


def _reference(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
    # Answers go to disk: the reference's weights and the session's are never in memory together.
    from edge_export.reference import Reference  # noqa: PLC0415 - as above

    assert checkpoint.prompt is not None, "a checkpoint that transcribes has a prompt"
    reference = Reference(checkpoint.config, checkpoint.weights, checkpoint.features, checkpoint.prompt)
    answers = [reference.answer(probe_waveform(seconds)) for seconds in PROBE_SECONDS]
    for seconds, answer in zip(PROBE_SECONDS, answers, strict=True):
        answer.save(folder / answer_name(seconds))
    write_golden(folder / GOLDEN_NAME, [answers[index] for index in GOLDEN_PROBES], Golden)


def write_parity(
    checkpoint: Checkpoint,
    workspace: Workspace,
    folder: Path,
    *,
    precision: str = "fp32",
    kv_capacity: int | str = DYNAMIC,
) -> None:
    """Compare graphs of one precision with the reference's answers."""
    from edge_export.reference import load_answer  # noqa: PLC0415 - as above

    stored = workspace.stage_path("reference")
    answers = {f"{seconds} s": load_answer(stored / answer_name(seconds)) for seconds in PROBE_SECONDS}
    version = checkpoint.provenance.tools["transformers"]
    opened = _open_graphs(checkpoint, workspace, kv_capacity)
    report = prove(opened, answers, f"transformers {version} float32", precision)
    (folder / PARITY_NAME).write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def _open_graphs(checkpoint: Checkpoint, workspace: Workspace, kv_capacity: int | str) -> Graphs:
    config = checkpoint.config
    described = assemble.components(config, "fp32")
    decoder = with_logits(with_capacity(described["decoder"], kv_capacity), config.text.vocab_size)
    assert checkpoint.prompt is not None, "a checkpoint that transcribes has a prompt"
    return Graphs(
        encoder=open_graph(
            described["encoder"], workspace.stage_path("encoder") / described["encoder"].graph
        ),
        decoder=open_graph(decoder, workspace.stage_path("decoder") / graphs.PARITY_GRAPH_NAME),
        features=checkpoint.features,
        encoder_spec=assemble.encoder_geometry(config.audio),
        prompt=checkpoint.prompt,
        limits=assemble.limits(config),
    )


def answer_name(seconds: float) -> str:
    """Return the file that a probe's answer is kept in between stages."""
    return f"answer_{seconds}s.npz"


STAGES: Final = (
    Stage("tokenizer", write_tokenizer, (TOKENIZER_NAME,)),
    Stage("encoder", write_encoder, ("encoder.onnx", "encoder.onnx.data")),
    Stage("decoder", write_decoder, ("decoder.onnx", "decoder.onnx.data")),
    Stage("reference", _reference, (GOLDEN_NAME,)),
    Stage("parity", write_parity, (PARITY_NAME,)),
)
"""Of a checkpoint that transcribes, in the order they run."""
