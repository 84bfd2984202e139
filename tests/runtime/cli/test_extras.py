"""An installation without the exporter's or the bench's packages offers what it can do."""

from __future__ import annotations

import pytest

from edge_runtime.cli.failures import failure_of
from edge_runtime.errors import ExitCode
from tests.support.process import run

WITHOUT = "import sys; sys.modules.update(dict.fromkeys(['kaldialign', 'torch', 'huggingface_hub']))"


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("kaldialign", "edge-asr[bench]"),
        ("safetensors.torch", "edge-asr[export]"),
        ("nagisa", "edge-asr[ja]"),
        ("onnx", "edge-asr[export]"),
        ("nobody", "nobody"),
    ],
)
def test_a_missing_package_is_installed_by_its_extra(module: str, package: str) -> None:
    failure = failure_of(ModuleNotFoundError(f"No module named {module!r}", name=module))
    assert failure.exit_code == ExitCode.BACKEND
    assert failure.message.endswith(f"pip install {package!r}.")


def test_help_names_what_can_run() -> None:
    done = run("--help", preload=WITHOUT)
    listed = {line.split()[0] for line in done.stdout.decode().splitlines() if line.startswith("  ")}
    assert {"run", "align", "bench", "compile"} <= listed
    assert not {"eval", "gate", "build-engines"} & listed


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [(("eval", "tests/clips/manifest.jsonl"), "bench"), (("build-engines", "org/model"), "export")],
)
def test_what_cannot_run_says_what_to_install(arguments: tuple[str, ...], extra: str) -> None:
    done = run(*arguments, "-q", preload=WITHOUT)
    assert done.returncode == ExitCode.BACKEND
    (line,) = done.stderr.decode().splitlines()
    assert f"pip install 'edge-asr[{extra}]'" in line
