"""A portable bundle: proven graphs, their expected outputs and what to compile from them on a device.

Its manifest holds the manifest of the bundle to be, whose components are still ONNX graphs. The format has a
name of its own, so that a reader of bundles refuses it instead of running graphs that are for TensorRT.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from edge_runtime.bundle.bounds import require_sound
from edge_runtime.bundle.bundle import Bundle, Progress, verify_files
from edge_runtime.bundle.folder import Folder
from edge_runtime.bundle.manifest import PORTABLE_SCHEMA, Manifest, schema_name
from edge_runtime.bundle.manifest_file import UNLISTED, read_manifest_file
from edge_runtime.bundle.specs import EngineRecord, StrictStruct
from edge_runtime.bundle.trust import Trust
from edge_runtime.bundle.values import FileName, Label, NumBytes, Text
from edge_runtime.errors import BundleError, ManifestError
from edge_runtime.json_schema import schema_of


class CompileSpec(StrictStruct, frozen=True):
    """What to compile, and for what machine."""

    library: Label
    """Version of TensorRT that the graphs were written for, as `10.3`."""
    compute_capability: Label
    """Of the GPU that the recipe is for, as `8.7`."""
    recipe: Text
    records: dict[Label, EngineRecord]
    """Component → record of its engine; version, platform, GPU and driver are those of the device."""
    build_memory: NumBytes
    """Bytes that compiling needs at its peak, about."""
    run_memory: NumBytes
    """Bytes that the engines need at run time, about."""


class Alternative(StrictStruct, frozen=True):
    """The same model in another precision."""

    folder: FileName
    """Sub-folder of the files that differ from those of the first precision."""
    own: tuple[FileName, ...]
    """Names of those files; the others lie beside the manifest."""
    bundle: Manifest
    compile: CompileSpec


class PortableManifest(StrictStruct, frozen=True):
    """The manifest of a portable bundle."""

    schema: Literal["edge-asr/portable@1"]
    bundle: Manifest
    """Of the bundle to be; its `files` are those of the portable bundle."""
    compile: CompileSpec
    alternatives: tuple[Alternative, ...] = ()
    """Further precisions, the preferred first; the device keeps one of all."""


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of the manifest of a portable bundle."""
    return schema_of(PortableManifest)


@dataclass(frozen=True, slots=True)
class PortableBundle:
    """A verified portable bundle, or one precision of it.

    Attributes:
        graphs: the bundle of graphs.
        spec: what to compile from them.
        folder: sub-folder of the files in `own`.
        own: names of the files that do not lie beside the manifest.
        alternatives: further precisions.
    """

    graphs: Bundle
    spec: CompileSpec
    folder: str = ""
    own: tuple[str, ...] = ()
    alternatives: tuple[PortableBundle, ...] = ()

    @property
    def candidates(self) -> tuple[PortableBundle, ...]:
        """All precisions, the preferred first."""
        return (self, *self.alternatives)

    @property
    def precision(self) -> str:
        """Of the graphs."""
        return self.graphs.manifest.precision

    def path(self, name: str) -> Path:
        """Return the path of a file."""
        return self.graphs.directory / (self.folder if name in self.own else "") / name


_NO_BUNDLE: Final = (
    "no portable bundle. `edge-asr build-engines MODEL --target tensorrt --for jetpack-6.2` makes one"
)


def open_portable(
    directory: Path, progress: Progress | None = None, *, trust: Trust | None = None
) -> PortableBundle:
    """Read a portable bundle and verify the hash of every file.

    Args:
        directory: the bundle.
        progress: called with (bytes verified, bytes in all) of each precision.
        trust: keys of which one must have signed the bundle; None accepts an unsigned one.

    Raises:
        BundleError: there is no portable bundle, a file is missing or of another size, or something else
            lies there.
        ManifestError: the manifest is not readable by this version.
        ChecksumError: the manifest or a file is not as it was built.
        SignatureError: no trusted key has signed it.
    """
    folder = Folder(directory)
    portable = _read(folder, trust)
    files, folders = portable.graphs.manifest.files, {each.folder for each in portable.alternatives}
    folder.require_only({*UNLISTED, *files, *folders})
    verify_files(folder, files, progress)
    for other in portable.alternatives:
        _verify_alternative(other, portable.graphs, folder.subfolder(other.folder), progress)
    return portable


def read_portable(directory: Path, *, trust: Trust | None = None) -> PortableBundle:
    """Read and check the manifest alone; raises as `open_portable` does."""
    return _read(Folder(directory), trust)


def _read(folder: Folder, trust: Trust | None) -> PortableBundle:
    directory = folder.path
    file = read_manifest_file(folder, trust, f"{_NO_BUNDLE}.")
    if schema_name(file.data) != PORTABLE_SCHEMA:
        raise BundleError(f"{directory}: a bundle that needs no compiling, or {_NO_BUNDLE}.")
    try:
        manifest = msgspec.json.decode(file.data, type=PortableManifest)
        for each in (manifest.bundle, *(other.bundle for other in manifest.alternatives)):
            require_sound(each, file.path)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManifestError(f"{file.path}: not a valid manifest: {error}. Build the bundle again.") from error
    alternatives = tuple(
        PortableBundle(Bundle(directory, other.bundle, file.sha256), other.compile, other.folder, other.own)
        for other in manifest.alternatives
    )
    graphs = Bundle(directory, manifest.bundle, file.sha256)
    return PortableBundle(graphs, manifest.compile, alternatives=alternatives)


def _verify_alternative(
    other: PortableBundle, first: Bundle, folder: Folder, progress: Progress | None
) -> None:
    """Check the files of another precision: those in its folder, and that it shares the rest."""
    files = other.graphs.manifest.files
    shared = {name: entry for name, entry in files.items() if name not in other.own}
    if any(first.manifest.files.get(name) != entry for name, entry in shared.items()) or not files.keys() >= {
        *other.own
    }:
        raise ManifestError(
            f"{first.directory}: the manifest shares files that differ. Build the bundle again."
        )
    folder.require_only(other.own)
    verify_files(folder, {name: files[name] for name in other.own}, progress)
