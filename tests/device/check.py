"""`make test-device`: what a device does, in environments that hold what a device holds.

`python -m tests.device.check FOLDER UV`; FOLDER keeps the bundles for the next run. The Python that runs this
has the exporter.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.device.bindings import Bindings, install_bindings
from tests.device.environments import ROOT, Environment, build_wheel, new_environment

_ABSENT: Final = ("torch", "transformers", "onnx", "onnxscript", "onnxruntime", "safetensors", "tensorrt")
_IMPORTS: Final = f"""
import importlib.util
import edge_runtime.recognition.recognizer, edge_runtime.cli.app
import edge_export.cli, edge_export.compile.run, edge_export.compile.component
print(*(name for name in {_ABSENT} if importlib.util.find_spec(name)))
"""
_BUILDER_CALLS: Final = frozenset(
    {
        *("Builder.__init__", "Builder.create_network", "Builder.create_builder_config"),
        *("OnnxParser.__init__", "OnnxParser.parse_from_file", "IOptimizationProfile.set_shape"),
        *("IBuilderConfig.set_timing_cache", "IBuilderConfig.add_optimization_profile"),
        *("IBuilderConfig.progress_monitor", "ITimingCache.serialize"),
    }
)
_MISTAKES: Final = """
import tensorrt as trt
from edge_runtime.backends.trt.library import shared_logger
builder = trt.Builder(shared_logger(trt))
network, config = builder.create_network(0), builder.create_builder_config()
profile = builder.create_optimization_profile()
for mistake in (
    lambda: trt.Builder(None),
    lambda: builder.create_network(flag=0),
    lambda: builder.build_serialized_network(config, network),
    lambda: builder.build_engine(network, config),
    lambda: profile.set_shape("x", (1,), (1,), ("batch",)),
    lambda: config.set_timing_cache(config.create_timing_cache(b"")),
    lambda: setattr(config, "max_workspace_size", 1),
    lambda: setattr(config, "progress_monitor", 1),
):
    try:
        mistake()
    except (TypeError, AttributeError):
        continue
    raise SystemExit("a mistake was not seen")
"""
"""Of a caller; stand-ins that let one pass would prove nothing."""
_CLIPS: Final = ROOT / "tests" / "clips"
_ALIGNED: Final = ROOT / "tests" / "aligned_clips"
_NEWEST_FOR_3_10: Final = "onnxruntime==1.23.2"
_SAME_S: Final = 0.081
"""Seconds by which a time may differ between two versions of ONNX Runtime: one class."""


class DeviceCheck:
    """The steps, over one folder."""

    def __init__(self, folder: Path, uv: Path) -> None:
        self._folder: Final = folder
        self._uv: Final = uv
        self._wheel: Final = build_wheel(folder / "wheel")

    def portable(self, system: str) -> Path:
        """Return the mini's portable bundle for a system, built unless it is there."""
        output = self._folder / f"mini.{system}"
        return _build("mini", "--target", "tensorrt", "--for", system, "--output-dir", str(output))

    def environment(self, version: str, *packages: str) -> Environment:
        """Return a new environment with the wheel, and check that it imports and brings no export tools."""
        environment = new_environment(version, self._folder / f"python-{version}", self._uv)
        environment.install(str(self._wheel), *packages)
        done = environment.run("python", "-c", _IMPORTS)
        _require(done.returncode == 0 and set(done.stdout.split()) <= {"onnxruntime"}, done)
        return environment

    def bindings(self, environment: Environment, package: str, *, is_checked: bool = True) -> Bindings:
        """Return TensorRT's bindings of a package, over stubs."""
        kind = "checked" if is_checked else "bare"
        folder = self._folder / f"{package.replace('==', '-')}-{kind}"
        return install_bindings(environment, package, folder, is_checked=is_checked)

    def compiles(self, environment: Environment, bundle: Path, bindings: Bindings) -> str:
        """Compile a portable bundle over stand-ins, and return how many names were called."""
        planted = environment.run("python", "-c", _MISTAKES, **bindings.variables)
        _require(planted.returncode == 0, planted)
        bindings.record.unlink()
        output = self._folder / f"compiled-{bindings.version}"
        command = ("compile", str(bundle), "--output-dir", str(output), "--force")
        done = environment.run("edge-asr", *command, **bindings.variables)
        _require(done.returncode == 0 and done.stdout.strip() == str(output), done)
        manifest = json.loads((output / "manifest.json").read_text("utf-8"))
        records = [part["engine"] for part in manifest["components"].values() if part["engine"]]
        _require(all(record["version"] == bindings.version for record in records), done)
        calls, expected = bindings.calls, set(_BUILDER_CALLS)
        if "10.3" not in bindings.version:
            expected |= {"IAttention.decomposable", "Builder.build_serialized_network_to_stream"}
        assert not expected - calls, f"never called: {expected - calls}"
        return f"{len(calls)} names of {bindings.version} called as they are declared"

    def refuses(
        self, environment: Environment, bundle: Path, bindings: Bindings | None, code: int, text: str
    ) -> str:
        """Compile where it cannot be, and return the one line that says so."""
        variables = bindings.variables if bindings else {}
        done = environment.run("edge-asr", "compile", str(bundle), **variables)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
        _require(done.returncode == code and len(lines) == 1 and text in lines[0] and not done.stdout, done)
        return lines[0]

    def compiles_for_real(self, environment: Environment, bundle: Path) -> str:
        """Compile the graphs of a portable bundle with TensorRT-RTX."""
        script = str(Path(__file__).with_name("compile_rtx.py"))
        done = environment.run("python", script, str(bundle), str(self._folder / "rtx"), "8.6", "8.9")
        _require(done.returncode == 0, done)
        return ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in json.loads(done.stdout).items())

    def transcribes(self, environment: Environment, precision: str) -> str:
        """Compare texts of the demonstration clips with those of the exporter's ONNX Runtime."""
        model = _build("mini", "--precision", precision)
        lines = (_CLIPS / "manifest.jsonl").read_text("utf-8").splitlines()
        clips = [str(_CLIPS / entry["audio"]) for entry in map(json.loads, lines) if entry["demo"]]
        command = ("run", "--model", str(model), "--quiet", *clips)
        expected = _here(*command).splitlines()
        done = environment.run("edge-asr", *command)
        _require(done.returncode == 0 and done.stdout.splitlines() == expected, done)
        return f"{len(clips)} texts equal"

    def aligns(self, environment: Environment) -> str:
        """Compare word times of a clip likewise."""
        model, first = (
            _build("mini-aligner"),
            (_ALIGNED / "manifest.jsonl").read_text("utf-8").splitlines()[0],
        )
        entry = json.loads(first)
        options = ("--text", entry["text"], "--language", entry["language"], "--model", str(model), "--json")
        command = ("align", str(_ALIGNED / entry["audio"]), *options)
        done = environment.run("edge-asr", *command)
        _require(done.returncode == 0, done)
        actual, expected = (_words(text) for text in (done.stdout, _here(*command)))
        same = [
            one["text"] == other["text"]
            and all(abs(one[side] - other[side]) < _SAME_S for side in ("start", "end"))
            for one, other in zip(actual, expected, strict=True)
        ]
        _require(all(same) and bool(same), done)
        return f"{len(same)} words at the same times"


def main(folder: str, uv: str) -> None:
    """Run every step, and print a line for each."""
    check = DeviceCheck(Path(folder).resolve(), Path(uv).absolute())
    with _step("portable bundles") as report:
        jetpack6, jetpack7 = check.portable("jetpack-6.2"), check.portable("jetpack-7.2")
        report(f"{jetpack6.name}, {jetpack7.name}")
    with _step("Python 3.10, no TensorRT") as report:
        old = check.environment("3.10", _NEWEST_FOR_3_10)
        report(check.refuses(old, jetpack6, None, 6, "pip install 'edge-asr[tensorrt]'"))
    with _step("Python 3.10, TensorRT 10.3") as report:
        bindings = check.bindings(old, "tensorrt-cu12-bindings==10.3.0")
        report(check.compiles(old, jetpack6, bindings))
        report(check.refuses(old, jetpack7, bindings, 6, "--tensorrt 10.3 --sm 8.7"))
    new = check.environment("3.12", "tensorrt-rtx")
    for package in ("tensorrt-cu13-bindings==10.16.1.11", "tensorrt-cu13-bindings==11.4.0.106"):
        with _step(f"Python 3.12, {package}") as report:
            report(check.compiles(new, jetpack7, check.bindings(new, package)))
    with _step("Python 3.12, a builder that does not start") as report:
        bare = check.bindings(new, package, is_checked=False)
        report(check.refuses(new, jetpack7, bare, 6, "engine cannot be built"))
    with _step("Python 3.12, TensorRT-RTX") as report:
        for bundle in (jetpack6, jetpack7):
            report(f"{bundle.name}: {check.compiles_for_real(new, bundle)}")
    for precision in ("fp32", "int8", "int4"):
        with _step(f"Python 3.10, {_NEWEST_FOR_3_10}, {precision}") as report:
            report(check.transcribes(old, precision))
    with _step(f"Python 3.10, {_NEWEST_FOR_3_10}, aligner") as report:
        report(check.aligns(old))


@contextmanager
def _step(name: str) -> Iterator[object]:
    started = time.perf_counter()
    print(f"== {name}", flush=True)
    yield lambda text: print(f"   {text}", flush=True)
    print(f"   {time.perf_counter() - started:.1f} s", flush=True)


def _words(text: str) -> list[dict[str, Any]]:
    return [word for segment in json.loads(text)["segments"] for word in segment["words"]]


def _here(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "edge_runtime", *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    _require(done.returncode == 0, done)
    return done.stdout


def _build(*options: str) -> Path:
    return ROOT / _here("build-engines", *options).strip()


def _require(condition: bool, done: subprocess.CompletedProcess[str]) -> None:
    if not condition:
        sys.exit(
            f"{' '.join(map(str, done.args))} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
