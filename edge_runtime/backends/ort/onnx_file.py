"""An ONNX graph and its weights, for ONNX Runtime to load without looking up a name.

Weights lie in files that the graph names. ONNX Runtime would open whatever is named, whatever lies there by
then. So the graph is read here first, every name in it is looked up among the files that were hashed, and
ONNX Runtime gets the graph as bytes, with the descriptor of the file in place of its name.

It takes descriptors for the weights of the main graph alone. Weights of the body of a loop, and small ones,
which it wants while it reads the graph, are put into the graph.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edge_runtime.backends.graph_file import GraphFile
from edge_runtime.backends.ort.protobuf import LENGTH_DELIMITED, Field, encode_field, fields
from edge_runtime.errors import GraphError
from edge_runtime.opened_file import OpenedFile

_MESSAGES: Final[Mapping[str, Mapping[int, str]]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "body", 2: "body"},
    "graph": {1: "node", 5: "weight", 15: "sparse"},
    "body": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "body", 10: "tensor", 11: "body", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
"""Message of onnx.proto → number of a field → message in it, of those that hold tensors."""
_SINGULAR: Final = {("model", 7), ("attribute", 5), ("attribute", 6), ("sparse", 1), ("sparse", 2)}
"""Fields that a reader would merge if they came twice."""
_NAME, _RAW_DATA, _EXTERNAL_DATA, _DATA_LOCATION = 8, 9, 13, 14
"""Fields of a tensor."""
_IS_EXTERNAL: Final = bytes([_DATA_LOCATION << 3, 1])
_INLINE_BYTES: Final = 4096
_MAX_INLINE_BYTES: Final = 256 << 20
"""In all. Bodies of the 1.7B model's loops have 17 MB."""
_MAX_DEPTH: Final = 32


@dataclass(frozen=True, slots=True)
class _Weight:
    """One tensor in a file: its name, and where its bytes are."""

    name: str
    location: str
    offset: int
    num_bytes: int


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """What ONNX Runtime loads.

    Attributes:
        content: the graph; its weights are in the files that it has the names of.
        files: name → file. A name is the path of the descriptor, without its first slash, where the system
            has such paths.
    """

    content: bytes
    files: Mapping[str, OpenedFile] = field(default_factory=dict)


def descriptor_path(file: OpenedFile) -> str | None:
    """Return a path that leads to an open file whatever its name leads to.

    None where the system has no such paths, and for a file that has lost its name: ONNX Runtime looks for it
    before it opens the path.
    """
    path = f"/proc/self/fd/{file.fileno()}"
    return path if os.path.exists(os.path.realpath(path)) else None  # noqa: PTH110 - links are followed


def read_onnx(graph: GraphFile) -> OnnxModel:
    """Read a graph and open the files that it names.

    Raises:
        BundleError: it names a file that the manifest does not list.
        GraphError: it is no ONNX file, or names bytes that a file does not have.
    """
    reader = _Reader(graph)
    data = graph.file.read_bytes()
    try:
        content = reader.rewritten(data, "model", 0, len(data))
    except (ValueError, UnicodeDecodeError) as error:
        raise GraphError(f"{graph}: not a readable ONNX graph ({error}). Rebuild the bundle.") from error
    return OnnxModel(content, reader.files)


class _Reader:
    """Finds the tensors of a graph."""

    def __init__(self, graph: GraphFile) -> None:
        self._graph: Final = graph
        self._opened: Final[dict[str, OpenedFile]] = {}
        self.files: Final[dict[str, OpenedFile]] = {}
        self._num_inline = 0

    def rewritten(self, data: bytes, message: str, start: int, end: int, depth: int = 0) -> bytes:
        """Return a message, the tensors that cannot stay in files put into it."""
        if depth > _MAX_DEPTH:
            raise ValueError(f"nested deeper than {_MAX_DEPTH} messages")
        if message in ("weight", "tensor"):
            return self._tensor(data, start, end, is_main=message == "weight")
        nested, parts, kept, seen = _MESSAGES[message], [], start, set[int]()
        for each in fields(data, start, end):
            if each.number not in nested:
                continue
            if each.kind != LENGTH_DELIMITED or (each.number in seen and (message, each.number) in _SINGULAR):
                raise ValueError(f"field {each.number} of a {message} is of another kind, or there twice")
            seen.add(each.number)
            inner = self.rewritten(data, nested[each.number], each.content, each.end, depth + 1)
            if len(inner) != each.end - each.content or inner != data[each.content : each.end]:
                parts += [data[kept : each.start], encode_field(each.number, inner)]
                kept = each.end
        return b"".join([*parts, data[kept:end]])

    def _tensor(self, data: bytes, start: int, end: int, *, is_main: bool) -> bytes:
        parts = list(fields(data, start, end))
        external = [each for each in parts if each.number in (_EXTERNAL_DATA, _DATA_LOCATION)]
        if not any(each.number == _EXTERNAL_DATA or each.value for each in external):
            return data[start:end]
        weight = _weight(data, parts)
        file = self._open(weight)
        kept = b"".join(
            data[each.start : each.end] for each in parts if each not in external and each.number != _RAW_DATA
        )
        if is_main and weight.num_bytes > _INLINE_BYTES:
            return kept + self._external(weight, file)
        self._num_inline += weight.num_bytes
        if self._num_inline > _MAX_INLINE_BYTES:
            raise ValueError(f"more than {_MAX_INLINE_BYTES >> 20} MB of weights outside the main graph")
        return kept + encode_field(_RAW_DATA, _read(file, weight))

    def _external(self, weight: _Weight, file: OpenedFile) -> bytes:
        """Return the fields that say where a tensor is."""
        name = (descriptor_path(file) or weight.location).removeprefix("/")
        self.files[name] = file
        entries = {"location": name, "offset": str(weight.offset), "length": str(weight.num_bytes)}
        fields_of = (
            encode_field(_EXTERNAL_DATA, encode_field(1, key.encode()) + encode_field(2, value.encode()))
            for key, value in entries.items()
        )
        return b"".join(fields_of) + _IS_EXTERNAL

    def _open(self, weight: _Weight) -> OpenedFile:
        """Return the file of a tensor, which has its bytes."""
        name = weight.location
        if name not in self._opened:
            self._opened[name] = self._graph.open_named(name)
        file = self._opened[name]
        if weight.offset + weight.num_bytes > file.size:
            raise ValueError(f"{weight.name!r} ends behind the end of {name}")
        return file


def _weight(data: bytes, parts: list[Field]) -> _Weight:
    """Return what the fields of a tensor say of its file.

    Raises:
        ValueError: name or size of the file's part are missing, or no numbers.
    """
    entries = dict(_entry(data, each) for each in parts if each.number == _EXTERNAL_DATA)
    names = [data[each.content : each.end].decode() for each in parts if each.number == _NAME]
    name = names[-1] if names else ""
    if not {"location", "length"} <= entries.keys():
        raise ValueError(f"the tensor {name!r} lies in a file, and does not say in which, or how long it is")
    offset, num_bytes = int(entries.get("offset", "0")), int(entries["length"])
    if offset < 0 or num_bytes < 0:
        raise ValueError(f"the tensor {name!r} has {num_bytes} bytes from {offset} on")
    return _Weight(name, entries["location"], offset, num_bytes)


def _entry(data: bytes, entry: Field) -> tuple[str, str]:
    """Return key and value of an entry of `external_data`."""
    texts = {
        each.number: data[each.content : each.end].decode() for each in fields(data, entry.content, entry.end)
    }
    return texts.get(1, ""), texts.get(2, "")


def _read(file: OpenedFile, weight: _Weight) -> bytes:
    stream = file.stream()
    stream.seek(weight.offset)
    data = stream.read(weight.num_bytes)
    if len(data) != weight.num_bytes:
        raise ValueError(f"{weight.name!r} cannot be read")
    return data
