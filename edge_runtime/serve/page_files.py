"""The page at `/` and the files beside it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE: Final = Path(str(files("edge_runtime") / "serve" / "page"))

_HEADERS: Final = (
    # The page asks nobody but this server for anything; words of a transcript can never become a script.
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; media-src 'self' blob:; "  # noqa: ISC004
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
)


class PageHeaders:
    """Adds what a browser must know of the page: no request off the machine, no guessed types."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app: Final = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def page_paths(folder: Path = PAGE) -> list[str]:
    """Return the paths of the page's files."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return ["/", *(f"/{path.relative_to(folder).as_posix()}" for path in sorted(files))]


def page_route(folder: Path = PAGE) -> Mount:
    """Return the route of the page; the last of an app, since it takes every path."""
    return Mount(
        "/", app=StaticFiles(directory=folder, html=True), middleware=[Middleware(PageHeaders)], name="page"
    )
