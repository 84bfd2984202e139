"""Forms: every field is known, and the file lies in the server's own folder."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import TYPE_CHECKING, Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from edge_runtime.serve.http.errors import ApiError

if TYPE_CHECKING:
    from typing_extensions import Self

_MAX_FIELDS: Final = 100
_INDEX: Final = re.compile(r"\[\d*\]$")


class Form:
    """The fields of a request; the end of a `with` statement removes its file.

    Attributes:
        path: of the spooled file.
    """

    def __init__(self, path: str, fields: Mapping[str, list[str]]) -> None:
        """Take the spooled file and the other fields, each with its values in order."""
        self.path: Final = path
        self._fields: Final = dict(fields)
        self._is_kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_kept:
            self._remove()

    def keep(self) -> Callable[[], None]:
        """Keep the file beyond the `with` statement; call what is returned to remove it."""
        self._is_kept = True
        return self._remove

    def names(self) -> list[str]:
        """Return the names of the fields, without the brackets of lists."""
        return list(self._fields)

    def text(self, name: str) -> str | None:
        """Return a field, None where it was not given.

        Raises:
            ApiError: it was given several times.
        """
        values = self._fields.get(name, [])
        if len(values) > 1:
            raise ApiError(f"{name} was given {len(values)} times. Give it once.", param=name)
        return values[0] if values else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the values of a list."""
        return tuple(self._fields.get(name, ()))

    def _remove(self) -> None:
        Path(self.path).unlink(missing_ok=True)


async def read_form(request: Request, file_field: str, folder: Path) -> Form:
    """Read a form.

    Args:
        request: with a body of multipart/form-data.
        file_field: name of the field with the file.
        folder: where the file is put, under a name of the server's choice.

    Raises:
        ApiError: it is no such form, or has no file, or several, or an empty one.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ApiError("Send a form: Content-Type: multipart/form-data.", status=415)
    async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
        upload = form.get(file_field)
        if not isinstance(upload, UploadFile):
            raise ApiError(
                f"{file_field} is missing: the recording, as a file of the form.", param=file_field
            )
        if not upload.size:
            raise ApiError(f"{file_field} is empty. Send the content of an audio file.", param=file_field)
        fields = _fields(form, file_field)
        return Form(await asyncio.to_thread(_copy, upload, folder), fields)


def _copy(upload: UploadFile, folder: Path) -> str:
    with NamedTemporaryFile(dir=folder, delete=False) as kept:
        upload.file.seek(0)
        shutil.copyfileobj(upload.file, kept)
        return kept.name


def _fields(form: FormData, file_field: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name == file_field:
            continue
        if not isinstance(value, str):
            raise ApiError(f"{name} is a file, and no file is taken there.", param=name)
        fields.setdefault(_INDEX.sub("", name), []).append(value)
    return fields
