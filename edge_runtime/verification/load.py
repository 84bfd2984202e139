"""Open a bundle for a device: its files, the device and its engines are checked before a graph is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_runtime.backends.device import require_device
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle, Progress, open_bundle
from edge_runtime.bundle.trust import read_trust
from edge_runtime.verification.engine_check import check_engines
from edge_runtime.verification.verdict import EngineVerdict


@dataclass(frozen=True, slots=True)
class CheckedBundle:
    """A bundle that may be loaded.

    Attributes:
        bundle: verified.
        options: to open its graphs with.
        verdict: of its engines, None for a bundle of graphs.
    """

    bundle: Bundle
    options: SessionOptions
    verdict: EngineVerdict | None


def open_checked(
    directory: Path,
    device: str,
    threads: int,
    progress: Progress | None = None,
    *,
    recheck: bool = False,
    trust: str | Path | None = None,
) -> CheckedBundle:
    """Verify a bundle, and that this machine can run it.

    Args:
        directory: the bundle.
        device: "auto", "cpu", "cuda" or "cuda:1" for the second GPU; a device that is named is used or
            refused, never replaced.
        threads: CPU threads; 0 takes one for each fast core that this process may use, at most 8.
        progress: called with (bytes verified, bytes in all).
        recheck: whether to run the cases of engines even where their stored verdict holds.
        trust: file of public keys of which one must have signed the bundle; None takes that of the variable
            EDGE_ASR_TRUST, and without either an unsigned bundle is accepted.

    Raises:
        BundleError: the bundle is missing or not as it was built, or no trusted key has signed it.
        BackendUnavailableError: its back end is not installed, or it is not for that device; its engines
            were built for another one.
        EngineMismatchError: its engines do not compute what their graphs do.
        UsageError: an unknown device, or a number of threads that cannot be meant.
    """
    bundle = open_bundle(directory, progress, trust=read_trust(trust))
    options = SessionOptions(threads, require_device(device, bundle.manifest.target))
    return CheckedBundle(bundle, options, check_engines(bundle, options, recheck=recheck))
