"""The stage that takes the voice activity detector from the package `silero-vad`."""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.parity.probes import PROBE_SECONDS, SAMPLE_RATE, probe_waveform
from edge_export.stages.stage import Stage
from edge_runtime.backends.registry import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.specs import Component, TensorSpec
from edge_runtime.digest import sha256_of
from edge_runtime.errors import BackendUnavailableError, ParityError
from edge_runtime.opened_file import open_file
from edge_runtime.vad.silero import COMPONENT
from edge_runtime.vad.silero_network import CONTEXT_SAMPLES, SileroNetwork, SileroState
from edge_runtime.vad.timestamps import FRAME_SAMPLES

if TYPE_CHECKING:
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.stages.workspace import Workspace
    from edge_runtime.arrays import Array

GRAPH_NAME: Final = "vad.onnx"
LICENSE_NAME: Final = "vad.LICENSE"
_PACKAGE: Final = "silero-vad"
_SOURCE: Final = "silero_vad/data/silero_vad_16k_sequence.onnx"
_SHA256: Final = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"
"""Of silero-vad 6.2.3."""
_MAX_DIFFERENCE: Final = 1e-4
"""Of a probability; measured: 2e-5 on 210 s of speech."""
_STATE: Final = (1, 1, 128)


def _tensor(name: str, *shape: int | str) -> TensorSpec:
    return TensorSpec(name=name, dtype="float32", shape=shape)


VAD: Final = Component(
    graph=GRAPH_NAME,
    precision="fp32",
    lowering="numpy",
    opset=16,
    inputs=(
        _tensor("input", "frames", CONTEXT_SAMPLES + FRAME_SAMPLES),
        _tensor("h", *_STATE),
        _tensor("c", *_STATE),
    ),
    outputs=(_tensor("speech_probs", "frames"), _tensor("hn", *_STATE), _tensor("cn", *_STATE)),
)
"""The component of every bundle; the runtime computes it itself, whatever the target."""


def vad_stage() -> Stage:
    """Return the stage that writes the graph and its licence, once the runtime has computed it rightly."""
    return Stage(COMPONENT, _write_vad, (GRAPH_NAME, LICENSE_NAME))


def _write_vad(_: Checkpoint, __: Workspace, folder: Path) -> None:
    graph = folder / GRAPH_NAME
    try:
        files = metadata.distribution(_PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise BackendUnavailableError(
            f"The voice activity detector of a bundle comes from the Python package {_PACKAGE!r}, which is "
            f"not installed. Run `pip install 'edge-asr[export]'`."
        ) from error
    shutil.copyfile(str(files.locate_file(_SOURCE)), graph)
    if sha256_of(graph) != _SHA256:
        raise BackendUnavailableError(
            f"{_PACKAGE} {files.version} has another detector than 6.2.3, which bundles hold. "
            f"Run `pip install '{_PACKAGE}==6.2.3'`."
        )
    licence = next(path for path in files.files or () if path.name == "LICENSE")
    shutil.copyfile(str(licence.locate()), folder / LICENSE_NAME)
    for seconds in PROBE_SECONDS:
        _require_parity(graph, seconds)


def _require_parity(graph: Path, seconds: float) -> None:
    """Compare the runtime's network with ONNX Runtime on a probe.

    Raises:
        ParityError: a probability or the state differs.
    """
    frames = _frames(seconds)
    state = np.zeros(_STATE, np.float32)
    binding = open_session("ort-cpu", VAD, graph, SessionOptions(threads=1)).bind({})
    expected = binding.run({"input": frames, "h": state, "c": state})
    actual, _ = SileroNetwork.read(open_file(graph, is_ours=True)).run(frames, SileroState.zero())
    difference = float(np.abs(actual - expected["speech_probs"]).max())
    if not difference <= _MAX_DIFFERENCE:
        raise ParityError(
            f"{GRAPH_NAME}: the runtime differs from ONNX Runtime by {difference:.3g} in a probability, "
            f"allowed {_MAX_DIFFERENCE:g}. NumPy computes wrongly on this machine; install another build."
        )


def _frames(seconds: float) -> Array:
    """Return a probe's frames, each with the end of the one before."""
    waveform = probe_waveform(seconds)[: int(seconds * SAMPLE_RATE) // FRAME_SAMPLES * FRAME_SAMPLES]
    padded = np.concatenate([np.zeros(CONTEXT_SAMPLES, np.float32), waveform])
    width = CONTEXT_SAMPLES + FRAME_SAMPLES
    starts = range(0, len(waveform), FRAME_SAMPLES)
    return np.stack([padded[start : start + width] for start in starts])
