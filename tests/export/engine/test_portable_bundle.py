"""Portable bundles: proven graphs for the TensorRT of another machine, made without it and without a GPU."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import jsonschema
import onnx
import pytest

from edge_export import build_flags
from edge_export.checkpoint.config import Layout
from edge_export.engine.platforms import PLATFORMS, find_platform
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from edge_export.pipeline.resources import estimate
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.manifest_file import digest_line
from edge_runtime.bundle.portable import PortableBundle, open_portable
from edge_runtime.errors import BundleError, ChecksumError, ExitCode, ManifestError, UsageError
from edge_runtime.verification.engine_cases import read_cases
from tests.export.conftest import ROOT, Lines
from tests.export.support.parser_rules import require_parsed


@pytest.fixture(scope="module")
def lines() -> Lines:
    return Lines()


@pytest.fixture(scope="module")
def options(tiny_checkpoints: dict[Layout, Path], tmp_path_factory: pytest.TempPathFactory) -> BuildOptions:
    return BuildOptions(
        model=str(tiny_checkpoints["hf"]),
        output=tmp_path_factory.mktemp("portable") / "tiny",
        target="tensorrt",
        precision="int8",
        platform=find_platform("jetpack-6.2", None, None),
    )


@pytest.fixture(scope="module")
def result(options: BuildOptions, lines: Lines) -> BuildResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorrt", None)
        return build(options, lines)


@pytest.fixture(scope="module")
def portable(result: BuildResult) -> PortableBundle:
    return open_portable(result.bundle)


def test_it_says_what_it_is_for_and_how_it_was_chosen(
    portable: PortableBundle, lines: Lines, result: BuildResult
) -> None:
    spec = portable.spec
    assert (spec.library, spec.compute_capability, spec.recipe) == ("10.3", "8.7", "orin-nano")
    assert "for jetpack-6.2: TensorRT 10.3, recipe orin-nano" in lines.progressed
    assert result.status == "built"
    assert spec.build_memory > 0


def test_its_graphs_are_those_of_that_parser_and_are_proven(portable: PortableBundle) -> None:
    manifest = portable.graphs.manifest
    assert (manifest.target, manifest.precision) == ("tensorrt", "int8")
    for component in (manifest.components[name] for name in ("encoder", "decoder")):
        assert (component.lowering, component.opset, component.engine) == ("legacy", 19, None)
        require_parsed(portable.graphs.path(component.graph))
        onnx.checker.check_model(str(portable.graphs.path(component.graph)))
    parity = json.loads(portable.graphs.path("parity.json").read_text("utf-8"))
    assert all(check["passed"] for check in parity["stages"])


def test_it_holds_all_that_a_device_needs_and_nothing_of_the_checkpoint(portable: PortableBundle) -> None:
    graphs = {f"{name}.onnx{suffix}" for name in ("encoder", "decoder") for suffix in ("", ".data")}
    others = {"answers.npz", "golden.npz", "parity.json", "tokenizer.json", "vad.onnx", "vad.LICENSE"}
    assert set(portable.graphs.manifest.files) == graphs | others
    names = {case.name for case in read_cases(portable.graphs.path("answers.npz"))}
    assert {"prefill", "long_prefix", "poisoned_tail", "windows"} <= names


def test_records_bound_requests_and_name_the_graphs(portable: PortableBundle) -> None:
    manifest, record = portable.graphs.manifest, portable.spec.records["decoder"]
    assert manifest.limits.max_positions == record.kv_capacity == 1024
    assert [profile.name for profile in record.profiles] == ["prefill", "step-512", "step-1024", "step-draft"]
    assert record.compute_capabilities == ("8.7",)
    assert record.onnx == {
        name: manifest.files[name].sha256 for name in ("decoder.onnx", "decoder.onnx.data")
    }


def test_memory_is_that_of_the_reference_alone(lines: Lines, options: BuildOptions) -> None:
    from edge_export.checkpoint.config_file import read_config  # noqa: PLC0415

    stated = estimate(read_config(Path(options.model)))
    expected = f"needs about {stated.memory / 1e9:.1f} GB of memory and {stated.disk / 1e9:.1f} GB of disk"
    assert expected in lines.progressed


def test_the_same_command_again_finds_it_up_to_date(options: BuildOptions, result: BuildResult) -> None:
    assert build(options, Lines()).status == "up_to_date"


def test_a_reader_of_bundles_refuses_it_with_the_command_that_compiles_it(result: BuildResult) -> None:
    with pytest.raises(ManifestError, match=r"a portable bundle.*edge-asr compile .*tiny") as caught:
        open_bundle(result.bundle)
    assert caught.value.exit_code == ExitCode.BUNDLE


def test_its_manifest_fits_the_published_schema(result: BuildResult) -> None:
    schema = json.loads((ROOT / "engines" / "portable.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((result.bundle / "manifest.json").read_text("utf-8")), schema)


def test_damage_and_other_folders_are_refused(result: BuildResult, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no portable bundle"):
        open_portable(tmp_path)
    plain = b'{"schema": "edge-asr/bundle@2"}'
    (tmp_path / "manifest.json").write_bytes(plain)
    (tmp_path / "manifest.json.sha256").write_text(digest_line(hashlib.sha256(plain).hexdigest()), "utf-8")
    with pytest.raises(BundleError, match="a bundle that needs no compiling"):
        open_portable(tmp_path)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in result.bundle.iterdir():
        (damaged / path.name).write_bytes(path.read_bytes())
    (damaged / "tokenizer.json").write_bytes((damaged / "tokenizer.json").read_bytes()[:-1] + b" ")
    with pytest.raises(ChecksumError, match="tokenizer"):
        open_portable(damaged)


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        (("jetpack-6.2", None, None), ("jetpack-6.2", "10.3", "8.7")),
        (("jetpack-7.2", None, "11.0"), ("jetpack-7.2-sm110", "10.16", "11.0")),
        ((None, "10.3.0.30", "8.7"), ("tensorrt-10.3-sm87", "10.3", "8.7")),
        ((None, "11.4", "sm_89"), ("tensorrt-11.4-sm89", "11.4", "8.9")),
    ],
)
def test_a_machine_is_named_by_its_system_or_its_numbers(
    requested: tuple[str | None, str | None, str | None], expected: tuple[str, str, str]
) -> None:
    platform = find_platform(*requested)
    assert platform is not None
    assert (platform.name, platform.version, platform.capability) == expected


@pytest.mark.parametrize(
    ("requested", "message"),
    [
        (("jetpack-5", None, None), r"--for 'jetpack-5' is unknown; choose jetpack-6\.1"),
        ((None, "10.3", None), "go together"),
        ((None, None, "8.7"), "go together"),
        ((None, "ten", "8.7"), "is no version"),
        ((None, "8.6", "8.7"), r"too old, at least 10\.3"),
        ((None, "10.3", "8.7,8.9"), "takes one GPU"),
    ],
)
def test_a_machine_that_is_none_is_refused(
    requested: tuple[str | None, str | None, str | None], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        find_platform(*requested)


def test_the_help_names_every_system() -> None:
    assert tuple(PLATFORMS) == build_flags.SYSTEMS
    assert find_platform(None, None, None) is None
