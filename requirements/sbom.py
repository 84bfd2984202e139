"""The SBOM (CycloneDX) and the third-party notices of what the runtime installs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tomllib
from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from pinned import Pin

FOLDER: Final = Path(__file__).resolve().parent
LICENSES: Final = tomllib.loads((FOLDER / "licenses.toml").read_text("utf-8"))
PROJECT: Final = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text("utf-8"))["project"]
_NVIDIA: Final = "LicenseRef-NVIDIA-Proprietary"
_INTRODUCTION: Final = (FOLDER / "notices.in.md").read_text("utf-8")


def license_of(name: str) -> str:
    """Return the licence of a package as an SPDX expression; a `KeyError` asks for it in `licenses.toml`."""
    return _NVIDIA if name.startswith("nvidia-") else str(LICENSES["packages"][name])


def notices(pins: Mapping[str, Sequence[Pin]]) -> str:
    """Return the notices on the packages of all extras."""
    names = sorted({pin.name for each in pins.values() for pin in each})
    rows = (f"| {name} | {license_of(name)} | {LICENSES['contains'].get(name, '')} |\n" for name in names)
    return _INTRODUCTION + "".join(rows)


def cyclonedx(pins: Sequence[Pin]) -> str:
    """Return the SBOM of the packages of one extra; equal pins give equal bytes."""
    licenses = LicenseFactory()
    root = Component(
        name=PROJECT["name"],
        version=PROJECT["version"],
        type=ComponentType.APPLICATION,
        purl=PackageURL("pypi", name=PROJECT["name"], version=PROJECT["version"]),
        licenses=[licenses.make_from_string(PROJECT["license"])],
        bom_ref=PROJECT["name"],
    )
    bom = Bom()
    bom.metadata.component = root
    # Neither a time nor a chance number: the same pins are the same bytes.
    bom.metadata.timestamp = None  # type: ignore[assignment]
    bom.serial_number = None  # type: ignore[assignment]
    components = [_component(pin, licenses) for pin in pins]
    bom.components.update(components)
    bom.register_dependency(root, components)
    return _as_json(bom)


def _as_json(bom: Bom) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text: str = JsonV1Dot6(bom).output_as_string(indent=1)
    return text + "\n"


def _component(pin: Pin, licenses: Any) -> Component:
    wheels = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes]
    source = XsUri(f"https://pypi.org/project/{pin.name}/{pin.version}/")
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=pin.name, version=pin.version),
        licenses=[licenses.make_from_string(license_of(pin.name))],
        bom_ref=f"{pin.name}=={pin.version}",
        external_references=[
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=source, hashes=wheels)
        ],
        properties=[Property(name="edge-asr:marker", value=pin.marker)] if pin.marker else [],
    )
