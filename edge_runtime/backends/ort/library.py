"""Load graphs with ONNX Runtime, whose module is a parameter."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from edge_runtime.backends.cpu import default_threads, saturates_u8s8
from edge_runtime.backends.cuda.jetson import is_jetson
from edge_runtime.backends.ort.failures import JETSON, load_error
from edge_runtime.backends.ort.forks import keep_in_children
from edge_runtime.backends.ort.onnx_file import OnnxModel
from edge_runtime.backends.ort.weights import give_weights
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.manifest import Target
from edge_runtime.errors import BackendUnavailableError

HOST: Final = "cpu"
_DEVICES: Final[Mapping[Target, tuple[str, str]]] = {
    "ort-cpu": (HOST, "CPUExecutionProvider"),
    "ort-cuda": ("cuda", "CUDAExecutionProvider"),
}
_LOG_ERRORS: Final = 3
"""Errors only: ONNX Runtime warns of choices that are made on purpose."""
_OTHER_BUILD: Final = "Remove `onnxruntime`, then `pip install 'edge-asr[gpu]'`."
_NO_CAPTURE: Final = "cannot use the graph capture feature"
"""Part of ONNX Runtime's message that a node of the graph is not on the GPU."""
_CONVERTS_CODES: Final = (1, 30)
"""First release whose conversion of codes (`session.x64quantprecision`) takes integer products without a zero
point. Earlier ones (1.23.2 to 1.29.0 were tried) end the process; without the conversion sums saturate."""
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OrtDevice:
    """Where a graph runs, as ONNX Runtime names it."""

    name: str
    provider: str
    index: int

    @property
    def is_host(self) -> bool:
        """Whether its memory is the host's."""
        return self.name == HOST


def find_device(ort: Any, target: Target, options: SessionOptions) -> OrtDevice:
    """Return the device of a target.

    Raises:
        BackendUnavailableError: this ONNX Runtime was built without it.
    """
    name, provider = _DEVICES[target]
    available = ort.get_available_providers()
    if provider not in available:
        raise BackendUnavailableError(
            f"Target {target!r} needs ONNX Runtime's {provider}; the one installed has "
            f"{', '.join(available)}. "
            f"{JETSON if is_jetson() else _OTHER_BUILD}"
        )
    return OrtDevice(name, provider, options.device_id if name != HOST else 0)


def require_exact_products(precision: str, graph: str, version: str) -> None:
    """Refuse eight-bit products that this ONNX Runtime cannot compute exactly on this processor.

    Args:
        precision: of the graph.
        graph: its file, for the error.
        version: of ONNX Runtime.

    Raises:
        BackendUnavailableError: the processor's sums saturate, and the release cannot avoid it.
    """
    is_new_enough = tuple(map(int, re.findall(r"\d+", version)[:2])) >= _CONVERTS_CODES
    if is_new_enough or not precision.startswith("int") or not saturates_u8s8():
        return
    raise BackendUnavailableError(
        f"{graph}: onnxruntime {version} cannot run {precision} graphs on this processor, which has no "
        f"eight-bit dot products (AVX-VNNI, AVX512-VNNI or AMX). Install onnxruntime 1.30 or later (Python "
        f"3.11 or later): `pip install --upgrade 'onnxruntime>=1.30'`. Or use a bundle in fp32."
    )


def load(
    ort: Any,
    model: OnnxModel,
    options: SessionOptions,
    device: OrtDevice,
    action: str,
    *,
    captures: bool = False,
) -> tuple[Any, bool]:
    """Load a graph.

    Args:
        ort: the module.
        model: the graph and its weights.
        options: threads.
        device: where it is to run.
        action: what the caller is doing, for the error message.
        captures: whether to capture runs as CUDA graphs, if the graph allows it.

    Returns:
        The session, and whether its runs can be captured.

    Raises:
        BackendUnavailableError: the device's libraries do not load or have no kernels for its GPU, or this
            ONNX Runtime is too old for the graph.
        GraphError: ONNX Runtime refuses the graph.
        ResourceError: the graph does not fit the memory.
    """
    if not device.is_host:
        _preload_libraries(ort)
    try:
        handle = _new_session(ort, model, options, device, captures=captures)
    except Exception as error:  # ONNX Runtime's exceptions share no base class but this
        if not captures or _NO_CAPTURE not in str(error):
            raise load_error(error, action, ort.__version__) from error
        _LOG.warning("steps are not recorded as a CUDA graph, and slower for it: %s", error)
        return load(ort, model, options, device, action)
    if device.provider not in handle.get_providers():
        # ONNX Runtime silently uses the CPU where the libraries of another provider do not load.
        raise BackendUnavailableError(
            f"ONNX Runtime's {device.provider} is installed and does not load: driver, CUDA or cuDNN are "
            f"missing or of another version. "
            f"{JETSON if is_jetson() else 'Check `nvidia-smi`, or use a bundle for `ort-cpu`.'}"
        )
    return handle, captures


def _preload_libraries(ort: Any) -> None:
    """Load CUDA and cuDNN of pip's packages, where ONNX Runtime, from 1.21 on, looks for them."""
    preload = getattr(ort, "preload_dlls", None)
    if preload is None:
        return
    # It prints what it does not find; stdout carries results only.
    with redirect_stdout(StringIO()) as printed:
        preload()
    if text := printed.getvalue().strip():
        _LOG.debug("libraries that ONNX Runtime did not preload: %s", text)


def _new_session(
    ort: Any, model: OnnxModel, options: SessionOptions, device: OrtDevice, *, captures: bool
) -> Any:
    provider = (device.provider, {} if device.is_host else gpu_options(device.index, captures=captures))
    # ONNX Runtime's fallback would print, and continue on the CPU where the GPU refuses something.
    settings = _settings(ort, options)
    memory = give_weights(ort, settings, model)
    handle = ort.InferenceSession(model.content, settings, providers=[provider], enable_fallback=False)
    del memory  # read until here
    keep_in_children(handle)
    return handle


def gpu_options(device_id: int, *, captures: bool) -> dict[str, str]:
    """Return options of the CUDA provider."""
    return {
        "device_id": str(device_id),
        "enable_cuda_graph": str(int(captures)),
        # The default, EXHAUSTIVE, times every algorithm for every new shape, with the largest workspace.
        "cudnn_conv_algo_search": "HEURISTIC",
        # The default doubles what the arena takes with each extension.
        "arena_extend_strategy": "kSameAsRequested",
        # TF32, the default, rounds the operands of float32 products to ten bits.
        "use_tf32": "0",
    }


def _settings(ort: Any, options: SessionOptions) -> Any:
    settings = ort.SessionOptions()
    settings.log_severity_level = _LOG_ERRORS
    settings.intra_op_num_threads = options.threads or default_threads()
    settings.inter_op_num_threads = 1
    # Threads spin between the many short operators of a run, and sleep when the run ends.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "1")
    settings.add_session_config_entry("session.force_spinning_stop", "1")
    # Shapes change with each request: memory patterns never match and accumulate.
    settings.enable_mem_pattern = False
    # Where weights are dequantized in front of a product, level 4, the default, rounds activations to eight
    # bits. A GPU does not, and stored answers would be those of another product.
    settings.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    if saturates_u8s8():
        # Slower kernels that do not saturate; the codes are converted when the graph is loaded.
        settings.add_session_config_entry("session.x64quantprecision", "1")
    return settings
