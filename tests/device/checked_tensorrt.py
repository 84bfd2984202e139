"""The module `tensorrt` for a check: its real bindings over stub libraries, with stand-ins for objects.

The libraries make no objects, so a class is replaced by one that has its names and no others. Each call is
held to a signature of the bindings, argument by argument, and written to the file that `RECORD` names.
Enumerations, `Runtime` and the classes that Python derives from are the bindings' own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import tensorrt_bindings as _real

__version__ = _real.__version__
RECORD: Final = "CHECKED_TENSORRT_RECORD"
PLAN: Final = b"plan of a stand-in"
_OWN: Final = ("ILogger", "Logger", "IStreamWriter", "IProgressMonitor", "Runtime", "Dims")
_MADE: Final = ("Builder", "OnnxParser")
"""Classes that Python code makes objects of."""
_PREFIX: Final = re.compile(r"\b(?:tensorrt_bindings\.tensorrt|typing|collections\.abc)\.")
_PARAMETER: Final = re.compile(r"(\w+): ([^=]+?)(?: = (.+))?")
_PLAIN: Final = {"int": int, "SupportsInt": int, "str": str, "bool": bool, "float": (int, float)}
_BUFFERS: Final = ("buffer", "Buffer", "bytes")
_RESULTS: Final = {"None": None, "bool": True, "int": 0, "str": "", "IHostMemory": PLAN}


def __getattr__(name: str) -> Any:
    value = getattr(_real, name)
    is_class = isinstance(value, type) and type(value).__name__ == "pybind11_type"
    if not is_class or hasattr(value, "__members__") or name in _OWN:
        return value
    return _stand_in(name)


class _StandIn:
    __slots__ = ("set_values",)

    def __init__(self) -> None:
        self.set_values: dict[str, Any] = {}


@cache
def _stand_in(name: str) -> Any:
    """Return the class that replaces one of the bindings."""
    real = getattr(_real, name)
    members: dict[str, Any] = {"__slots__": ()}
    for member in (each for each in dir(real) if not each.startswith("_")):
        value = getattr(real, member)
        full = f"{name}.{member}"
        members[member] = _property(full, value) if isinstance(value, property) else _method(full, value)
    if name in _MADE:
        construct = _method(f"{name}.__init__", real.__init__)

        def made(self: _StandIn, *arguments: Any, **named: Any) -> None:
            _StandIn.__init__(self)
            construct(self, *arguments, **named)

        members["__init__"] = made
    return type(name, (_StandIn,), members)


def _method(name: str, real: Any) -> Callable[..., Any]:
    def call(self: _StandIn, *arguments: Any, **named: Any) -> Any:
        for parameters, result in _signatures(name, real):
            if _fits(parameters, arguments, named):
                return _done(name, self, arguments, result)
        raise TypeError(f"{name}(): incompatible function arguments {arguments} {named}: {real.__doc__}")

    return call


def _property(name: str, real: property) -> property:
    def read(self: _StandIn) -> Any:
        result = (real.fget.__doc__ or "").partition("-> ")[2].splitlines()[0]
        return self.set_values[name] if name in self.set_values else _done(name, self, (), result)

    def write(self: _StandIn, value: Any) -> None:
        assert real.fset is not None, f"{name} cannot be set"
        _, kind, _ = _parameters((real.fset.__doc__ or "").partition("(")[2].rpartition(") ->")[0])[1]
        if not _is_kind(value, kind):
            raise TypeError(f"{name} = {value!r}: {real.fset.__doc__}")
        self.set_values[name] = value
        _record(name)

    return property(read, write)


def _signatures(name: str, real: Any) -> list[tuple[list[tuple[str, str, Any]], str]]:
    own = re.escape(name.rpartition(".")[2])
    matches = re.findall(rf"^(?:\d+\. )?{own}\(self: (.*)\) -> (.+)$", real.__doc__ or "", re.MULTILINE)
    return [(_parameters(f"self: {inside}")[1:], result) for inside, result in matches]


def _parameters(inside: str) -> list[tuple[str, str, Any]]:
    """Return name, type and default of each parameter; `None` as default where it has none."""
    parts = re.split(r", (?![^\[]*\])(?=[\w/*])", _PREFIX.sub("", inside))
    matches = [_PARAMETER.fullmatch(part) for part in parts if part not in ("/", "*")]
    assert all(matches), f"cannot be read: {inside}"
    return [(match[1], match[2], match[3]) for match in matches if match]


def _fits(parameters: list[tuple[str, str, Any]], arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
    if len(arguments) > len(parameters):
        return False
    given = dict(zip((name for name, *_ in parameters), arguments, strict=False))
    if set(given) & set(named) or set(named) - {name for name, *_ in parameters}:
        return False
    given |= named
    return all(
        _is_kind(given[name], kind) if name in given else default is not None
        for name, kind, default in parameters
    )


def _is_kind(value: Any, kind: str) -> bool:
    if kind in _PLAIN:
        return isinstance(value, _PLAIN[kind])
    if kind in _BUFFERS:
        return isinstance(value, (bytes, bytearray, memoryview))
    if kind == "Dims":
        return isinstance(value, tuple) and all(isinstance(size, int) for size in value)
    return isinstance(value, __getattr__(kind))


def _done(name: str, owner: _StandIn, arguments: tuple[Any, ...], result: str) -> Any:
    """Record a call and return what the libraries would."""
    _record(name)
    kind = _PREFIX.sub("", result).strip()
    if name == "INetworkDefinition.num_layers":
        return 1
    if name == "ILayer.type":
        return getattr(_real.LayerType, "ATTENTION_INPUT", _real.LayerType.CONVOLUTION)
    if name.startswith("Builder.build_serialized_network"):
        _build(*arguments)
    return _RESULTS[kind] if kind in _RESULTS else _made(kind)


def _made(kind: str) -> Any:
    made = __getattr__(kind)
    empty = made.__new__(made)
    _StandIn.__init__(empty)
    return empty


def _build(_network: Any, config: Any, writer: Any = None) -> None:
    """Call back, as a builder does."""
    monitor = config.set_values.get("IBuilderConfig.progress_monitor")
    if monitor is not None:
        monitor.phase_start("build", None, 1)
        assert monitor.step_complete("build", 0), "stopped"
        monitor.phase_finish("build")
    if writer is not None:
        assert writer.write(PLAN) == len(PLAN), "not written"


def _record(name: str) -> None:
    with Path(os.environ[RECORD]).open("a", encoding="ascii") as stream:
        stream.write(f"{name}\n")
