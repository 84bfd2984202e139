"""Extras of the package: what some commands need beside what the runtime needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Final

import typer

from edge_runtime.errors import BackendUnavailableError

_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "export": (
        *("torch", "transformers", "onnx", "onnxscript", "onnx_ir"),
        *("safetensors", "huggingface_hub", "tokenizers", "tomli"),
    ),
    "modelscope": ("modelscope",),
    "bench": ("kaldialign",),
    "ja": ("nagisa",),
}
"""Extra → the modules of its packages."""
_OLD_PYTHONS_ONLY: Final = frozenset({"tomli"})


def add_command(app: typer.Typer, name: str, function: Callable[..., None], extra: str) -> None:
    """Add a command that needs an extra; where that is not installed, one that refuses and is not listed.

    Args:
        app: the command line.
        name: of the command.
        function: runs it.
        extra: that it needs.
    """
    missing = _missing(extra)
    if not missing:
        app.command(name)(function)
        return

    def refuse(_context: typer.Context) -> None:
        raise extra_error(f"`edge-asr {name}`", missing[0], extra)

    anything = {
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "help_option_names": [],
    }
    app.command(name, hidden=True, context_settings=anything)(refuse)


def extra_error(subject: str, module: str, extra: str) -> BackendUnavailableError:
    """Return the error of something that needs an extra that is not installed."""
    return BackendUnavailableError(
        f"{subject} needs the Python package {module!r}, which is not installed. "
        f"Install it: `pip install 'edge-asr[{extra}]'`."
    )


def extra_of(module: str | None) -> str | None:
    """Return the extra that brings a module, None where none does."""
    top_level = (module or "").partition(".")[0]
    return next((extra for extra, modules in _MODULES.items() if top_level in modules), None)


def _missing(extra: str) -> list[str]:
    needed = (module for module in _MODULES[extra] if module not in _OLD_PYTHONS_ONLY)
    return [module for module in needed if not _is_installed(module)]


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # of a finder of the program, or of a module without a spec
        return False
