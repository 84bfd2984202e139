"""A session in plain Python: the contract of `edge_runtime.backends.session` over a numpy function."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.tensors import lost_rows
from edge_runtime.bundle.specs import Component, TensorSpec
from edge_runtime.errors import GraphError

Compute = Callable[[Mapping[str, Array]], Mapping[str, Array]]
"""Every graph input by name to every graph output by name."""


@dataclass(frozen=True, eq=False)
class FakeTensor:
    """Device memory that is host memory."""

    array: Array
    whole: Array | None = None
    """All that was allocated, where the tensor is a part of it."""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape


@dataclass
class FakeSession:
    """A graph that is a function; it remembers what was asked of it."""

    component: Component
    compute: Compute
    allocated: list[FakeTensor] = field(default_factory=list)
    bound: list[Mapping[str, FakeTensor]] = field(default_factory=list)
    feeds: list[dict[str, Array]] = field(default_factory=list)
    more_follow: list[bool] = field(default_factory=list)

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> FakeTensor:
        spec = next(spec for spec in self.component.inputs if spec.name == name)
        shape = [dim if isinstance(dim, int) else dims[dim] for dim in spec.shape]
        self.allocated.append(FakeTensor(_filled(shape, spec, fill)))
        return self.allocated[-1]

    def allocate_block(
        self, names: Sequence[str], dims: Mapping[str, int], fill: int = 0
    ) -> dict[str, FakeTensor]:
        return {name: self.allocate(name, dims, fill) for name in names}

    def relayout(
        self, tensors: Mapping[str, FakeTensor], dims: Mapping[str, int], num_rows: int
    ) -> dict[str, FakeTensor]:
        return {name: self._laid_out(name, tensor, dims, num_rows) for name, tensor in tensors.items()}

    def _laid_out(self, name: str, tensor: FakeTensor, dims: Mapping[str, int], num_rows: int) -> FakeTensor:
        spec = next(spec for spec in self.component.inputs if spec.name == name)
        shape = [dim if isinstance(dim, int) else dims[dim] for dim in spec.shape]
        whole = tensor.array if tensor.whole is None else tensor.whole
        kept = tensor.array[:, :, :num_rows].copy()
        array = whole.reshape(-1)[: prod(shape)].reshape(shape)
        array[:, :, :num_rows] = kept
        return FakeTensor(array, whole)

    def slice(self, tensor: FakeTensor, first: int, count: int) -> FakeTensor:
        return FakeTensor(tensor.array[first : first + count])

    def bind(self, tensors: Mapping[str, FakeTensor], on_device: Collection[str] = ()) -> FakeBinding:
        self.bound.append(tensors)
        return FakeBinding(self, tensors, on_device)


@dataclass
class FakeBinding:
    """Some tensors of a fake session, fixed."""

    session: FakeSession
    tensors: Mapping[str, FakeTensor]
    on_device: Collection[str]
    latest: dict[str, Array] = field(default_factory=dict)

    def run(self, feeds: Mapping[str, Array], *, more_follow: bool = False) -> Mapping[str, Array]:
        self.session.more_follow.append(more_follow)
        component = self.session.component
        expected = {spec.name: spec for spec in component.inputs if spec.name not in self.tensors}
        _require_fit(expected, feeds)
        self.session.feeds.append({name: array.copy() for name, array in feeds.items()})
        resident = {name: tensor.array for name, tensor in self.tensors.items()}
        results = self.session.compute({**resident, **feeds})
        outputs = {spec.name: results[spec.name] for spec in component.outputs}
        for name in outputs.keys() & self.tensors.keys():
            self.tensors[name].array[...] = outputs.pop(name)
        self.latest = {name: outputs.pop(name) for name in self.on_device}
        return outputs

    def append_rows(self, source: str, targets: Sequence[str], starts: Sequence[int]) -> None:
        if source not in self.latest:
            raise lost_rows(source, targets)
        parts = np.split(self.latest[source], len(targets), axis=1)
        for rows, target in zip(parts, targets, strict=True):
            whole = self.tensors[target].array
            if rows.shape[2] + max(starts) > whole.shape[2]:
                raise GraphError(f"{rows.shape} does not fit {whole.shape} at {starts}")
            for sequence, start in enumerate(starts):
                whole[sequence, :, start : start + rows.shape[2]] = rows[sequence]


def _filled(shape: Sequence[int], spec: TensorSpec, fill: int) -> Array:
    array = np.zeros(shape, spec.dtype)
    array.reshape(-1).view(np.uint8)[:] = fill
    return array


def _require_fit(expected: Mapping[str, TensorSpec], feeds: Mapping[str, Array]) -> None:
    if expected.keys() != feeds.keys():
        raise GraphError(f"fed {sorted(feeds)}, wanted {sorted(expected)}")
    for name, array in feeds.items():
        spec = expected[name]
        if array.dtype != spec.dtype or array.ndim != len(spec.shape):
            raise GraphError(f"{name} is {array.dtype} of shape {array.shape}, wanted {spec}")
