"""The names by which clients call the model, and `GET /v1/models`."""

from __future__ import annotations

import re
from typing import Final

from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.model.messages import Ready

_OF_OPENAI: Final = re.compile(r"whisper-1|gpt-[\w.-]*(transcribe|whisper)[\w.-]*")
"""Names that clients send where nobody configured one; they mean the model that is here."""
_CREATED: Final = 1_767_225_600
"""A model has no date of its own here; clients want one."""


def require_model(name: str | None, models: Ready) -> None:
    """Refuse the name of a model that is not here; no name means the one that is.

    Raises:
        ApiError: it is another one, or one that tells speakers apart.
    """
    if name is None or _is_own(name, models):
        return
    if "diarize" in name:
        raise ApiError(f"{name[:80]} is not here: this model does not tell speakers apart.", param="model")
    if not _OF_OPENAI.fullmatch(name):
        raise ApiError(
            f"The model {name[:80]!r} is not here. There is: {models.model}; whisper-1 and OpenAI's names of "
            f"transcription models mean it too.",
            status=404,
            param="model",
            code="model_not_found",
        )


def listed(models: Ready) -> list[dict[str, object]]:
    """Return the models as OpenAI lists them."""
    return [_described(models.model)]


def described(name: str, models: Ready) -> dict[str, object]:
    """Return one model; raises as `require_model`."""
    require_model(name, models)
    return _described(name)


def _is_own(name: str, models: Ready) -> bool:
    """Tell whether a name is the bundle's, or a hub's id that ends with it."""
    return name.rpartition("/")[2].lower() == models.model.lower()


def _described(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "edge-asr"}
