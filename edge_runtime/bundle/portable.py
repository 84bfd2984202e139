"""A portable bundle: proven graphs, their expected outputs and what to compile from them on a device.

Its manifest holds the manifest of the bundle to be, whose components are still ONNX graphs. The format has a
name of its own, so that a reader of bundles refuses it instead of running graphs that are for TensorRT.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.bundle import DIGEST_NAME, Bundle, Progress, require_digest, verify_files
from edge_runtime.bundle.manifest import MANIFEST_NAME, PORTABLE_SCHEMA, Manifest
from edge_runtime.bundle.specs import EngineRecord, StrictStruct
from edge_runtime.errors import BundleError, ManifestError
from edge_runtime.json_schema import schema_of


class CompileSpec(StrictStruct, frozen=True):
    """What to compile, and for what machine."""

    library: str
    """Version of TensorRT that the graphs were written for, as `10.3`."""
    compute_capability: str
    """Of the GPU that the recipe is for, as `8.7`."""
    recipe: str
    records: dict[str, EngineRecord]
    """Component → record of its engine; version, platform, GPU and driver are those of the device."""
    build_memory: int
    """Bytes that compiling needs at its peak, about."""
    run_memory: int
    """Bytes that the engines need at run time, about."""


class Alternative(StrictStruct, frozen=True):
    """The same model in another precision."""

    folder: str
    """Sub-folder of the files that differ from those of the first precision."""
    own: tuple[str, ...]
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


def open_portable(directory: Path, progress: Progress | None = None) -> PortableBundle:
    """Read a portable bundle and verify the hash of every file.

    Raises:
        BundleError: there is no portable bundle, or a file is missing or of another size.
        ManifestError: the manifest is not readable by this version.
        ChecksumError: the manifest or a file is not as it was built.
    """
    portable = read_portable(directory)
    verify_files(portable.graphs, progress)
    for other in portable.alternatives:
        _verify_alternative(other, portable.graphs, progress)
    return portable


def read_portable(directory: Path) -> PortableBundle:
    """Read and check the manifest alone; raises as `open_portable` does."""
    path = directory / MANIFEST_NAME
    if not path.is_file():
        raise BundleError(f"{directory}: {_NO_BUNDLE}.")
    data = path.read_bytes()
    if not is_portable(data):
        raise BundleError(f"{directory}: a bundle that needs no compiling, or {_NO_BUNDLE}.")
    try:
        manifest = msgspec.json.decode(data, type=PortableManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: not a valid manifest: {error}. Build the bundle again.") from error
    digest = hashlib.sha256(data).hexdigest()
    require_digest(directory / DIGEST_NAME, digest)
    alternatives = tuple(
        PortableBundle(Bundle(directory, other.bundle, digest), other.compile, other.folder, other.own)
        for other in manifest.alternatives
    )
    graphs = Bundle(directory, manifest.bundle, digest)
    return PortableBundle(graphs, manifest.compile, alternatives=alternatives)


def _verify_alternative(other: PortableBundle, first: Bundle, progress: Progress | None) -> None:
    """Check the files of another precision: those in its folder, and that it shares the rest."""
    directory, files = first.directory, other.graphs.manifest.files
    folder = directory / other.folder
    if Path(other.folder).name != other.folder or not other.folder or folder.is_symlink():
        raise BundleError(
            f"{directory}: folder {other.folder!r} leads out of the bundle. Rebuild the bundle."
        )
    shared = {name: entry for name, entry in files.items() if name not in other.own}
    if any(first.manifest.files.get(name) != entry for name, entry in shared.items()):
        raise ManifestError(f"{directory}: the manifest shares files that differ. Build the bundle again.")
    own = msgspec.structs.replace(other.graphs.manifest, files={name: files[name] for name in other.own})
    verify_files(Bundle(folder, own, first.manifest_sha256), progress)


def is_portable(data: bytes) -> bool:
    """Return whether the bytes of a manifest are a portable bundle's."""
    return manifest_format.schema_name(data) == PORTABLE_SCHEMA
