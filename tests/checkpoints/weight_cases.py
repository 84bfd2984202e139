"""Sound checkpoints whose weights lie elsewhere than in a released one: heads and prefixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD, original_name
from tests.checkpoints.case import Case, Made
from tests.checkpoints.folder import Tensors, change, edit, rename, shifted, write

PREFIXES = ("base_model.model.", "module.", "model.", "_orig_mod.", "module._orig_mod.")
_ORIGINAL_HEAD, _ORIGINAL_EMBEDDING = original_name(HEAD), original_name(EMBEDDING)


def cases() -> Iterator[Case]:
    """Yield the cases."""
    own, copy = _own_head, _copied_head
    yield Case("own head, untied at top level", lambda root: _head(root, own, top=False, text=True))
    yield Case("own head, text part silent", lambda root: _head(root, own, top=False, text=None))
    yield Case("own head, said to be tied", lambda root: _head(root, own, top=True, text=True))
    yield Case("head is a copy, said to be untied", lambda root: _head(root, copy, top=False, text=False))
    yield Case("tied, text part says untied", lambda root: _head(root, dict, top=True, text=False))
    yield Case("head stored, embedding left out", lambda root: _head(root, _head_alone, top=True, text=True))
    yield Case("original layout, tied, stored head differs", lambda root: _original_head(root, tied=True))
    yield Case("original layout, own head", lambda root: _original_head(root, tied=False))
    for prefix in PREFIXES:
        yield Case(f"prefix {prefix}", lambda root, prefix=prefix: _renamed(root, "", prefix))
    yield Case("-hf without model.", lambda root: _renamed(root, "model.", ""))
    yield Case("original layout without thinker.", _without_thinker)


def _own_head(tensors: Tensors) -> Tensors:
    return shifted(tensors, HEAD, EMBEDDING)


def _copied_head(tensors: Tensors) -> Tensors:
    return {**tensors, HEAD: tensors[EMBEDDING].clone()}


def _head_alone(tensors: Tensors) -> Tensors:
    return {HEAD if name == EMBEDDING else name: each for name, each in tensors.items()}


def _head(root: Path, transform: Callable[[Tensors], Tensors], *, top: bool, text: bool | None) -> Made:
    folder = change(write(root / "hf"), transform)
    edit(folder, tie_word_embeddings=top)
    edit(folder, "text_config", tie_word_embeddings=text)
    return Made(folder, folder)


def _original_head(root: Path, *, tied: bool) -> Made:
    """The official package takes the stored head if the text part is not tied, else the embedding."""
    folder = write(root / "original", "original")
    change(folder, lambda tensors: shifted(tensors, _ORIGINAL_HEAD, _ORIGINAL_EMBEDDING))
    edit(folder, "thinker_config.text_config", tie_word_embeddings=tied)
    truth = write(root / "hf")
    if not tied:
        edit(change(truth, _own_head), tie_word_embeddings=False)
    return Made(folder, truth)


def _renamed(root: Path, remove: str, add: str) -> Made:
    return Made(rename(write(root / "renamed"), remove, add), write(root / "hf"))


def _without_thinker(root: Path) -> Made:
    return Made(rename(write(root / "original", "original"), "thinker.", ""), write(root / "hf"))
