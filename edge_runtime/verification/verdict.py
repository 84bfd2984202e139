"""The verdict of a device on a bundle's engines, stored beside them so that the cases run once."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from edge_runtime.backends.session import EngineEnvironment
from edge_runtime.errors import BundleError
from edge_runtime.opened_file import open_file

VERDICT_NAME: Final = "verdict.json"
SCHEMA: Final = "edge-asr/verdict@1"
_LOG: Final = logging.getLogger(__name__)


class CaseVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case: difference from the expected outputs (null for infinity), and the tolerance."""

    component: str
    case: str
    difference: float | None
    tolerance: float
    passed: bool


class EngineVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All cases of a bundle on one machine."""

    schema: Literal["edge-asr/verdict@1"] = SCHEMA
    manifest_sha256: str
    """Hash of the manifest, which lists the hashes of the engines."""
    library: str
    gpu: str
    driver: str
    cases: tuple[CaseVerdict, ...]

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(case.passed for case in self.cases)

    def holds_for(self, manifest_sha256: str, environment: EngineEnvironment) -> bool:
        """Return whether the verdict is of this bundle on this machine."""
        here = (manifest_sha256, library_of(environment), str(environment.gpu), str(environment.driver))
        return (self.manifest_sha256, self.library, self.gpu, self.driver) == here


def library_of(environment: EngineEnvironment) -> str:
    """Return library and version in one string."""
    return f"{environment.builder} {environment.version}"


def read_verdict(bundle: Path) -> EngineVerdict | None:
    """Return the stored verdict; None where none can be read, and the cases run again."""
    with suppress(OSError, BundleError, msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode(open_file(bundle / VERDICT_NAME).read_bytes(), type=EngineVerdict)
    return None


def store_verdict(bundle: Path, verdict: EngineVerdict) -> None:
    """Write a verdict. For a folder that cannot be written to, the cases run at each start."""
    path = bundle / VERDICT_NAME
    temporary = path.with_suffix(".partial")
    data = msgspec.json.format(msgspec.json.encode(verdict, order="sorted"), indent=2) + b"\n"
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        _LOG.info("%s: cannot be written (%s); engines are tried at each start", path, error)
