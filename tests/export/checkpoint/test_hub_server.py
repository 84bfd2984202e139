"""The real hub client against a server with the hub's interface that serves the bundled checkpoint."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import MINI_CHECKPOINT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = sorted(path.name for path in MINI_CHECKPOINT.iterdir())
PROGRAM = """
import sys
from pathlib import Path
from edge_export.checkpoint.source import HubOptions, resolve
from edge_runtime.errors import EdgeAsrError
try:
    found = resolve(sys.argv[1], HubOptions(model_dir=Path(sys.argv[2]), revision=sys.argv[3] or None))
except EdgeAsrError as error:
    sys.exit(f"refused: {error}")
print(found.directory, found.name, found.revision)
"""


class Hub(BaseHTTPRequestHandler):
    """Repository `edge/mini` with the revisions `main` and `v1`."""

    requested: list[str] = []  # noqa: RUF012 - shared by all requests on purpose

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, *, with_body: bool) -> None:
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        self.requested.append("/".join(parts))
        if parts[:3] == ["api", "models", "edge"] and parts[3:4] == ["mini"]:
            known = len(parts) < 6 or parts[5] in ("main", "v1", COMMIT)
            actual = _tree() if parts[4:5] == ["tree"] else _description()
            self._send(*(actual if known else _missing("RevisionNotFound")), with_body=with_body)
        elif parts[:3] == ["edge", "mini", "resolve"] and parts[4] in FILES:
            self._send(200, {}, (MINI_CHECKPOINT / parts[4]).read_bytes(), with_body=with_body)
        else:
            self._send(*_missing("RepoNotFound"), with_body=with_body)

    def _send(self, status: int, headers: dict[str, str], body: bytes, *, with_body: bool) -> None:
        self.send_response(status)
        etag = hashlib.sha256(body).hexdigest()
        fixed = {"X-Repo-Commit": COMMIT, "ETag": f'"{etag}"', "Content-Length": str(len(body))}
        for name, value in {**fixed, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def _description() -> tuple[int, dict[str, str], bytes]:
    siblings = [{"rfilename": name} for name in FILES]
    return _json({"id": "edge/mini", "sha": COMMIT, "siblings": siblings, "private": False, "tags": []})


def _tree() -> tuple[int, dict[str, str], bytes]:
    sizes = {name: (MINI_CHECKPOINT / name).stat().st_size for name in FILES}
    return _json([{"type": "file", "path": name, "size": sizes[name], "oid": COMMIT} for name in FILES])


def _json(body: object) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def _missing(code: str) -> tuple[int, dict[str, str], bytes]:
    return 404, {"X-Error-Code": code, "X-Error-Message": "not found"}, b""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Hub.requested.clear()
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _resolve(
    endpoint: str, cache: Path, model: str = "edge/mini", revision: str = "", *, offline: bool = False
) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HUB_OFFLINE": "1" if offline else "0",
        "HF_HUB_DISABLE_XET": "1",
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-c", PROGRAM, model, str(cache), revision]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_checkpoint_is_fetched_once_and_then_found_offline(endpoint: str, tmp_path: Path) -> None:
    done = _resolve(endpoint, tmp_path)
    directory, name, revision = done.stdout.split()
    assert (name, revision) == ("mini", COMMIT), done.stderr
    weights = Path(directory) / "model.safetensors"
    assert weights.read_bytes() == (MINI_CHECKPOINT / "model.safetensors").read_bytes()
    assert not (Path(directory) / "README.md").exists()  # nothing that the exporter does not read
    Hub.requested.clear()
    assert _resolve(endpoint, tmp_path, offline=True).stdout == done.stdout
    assert not Hub.requested


def test_a_revision_can_be_named(endpoint: str, tmp_path: Path) -> None:
    assert _resolve(endpoint, tmp_path, revision="v1").stdout.split()[2] == COMMIT
    assert any(path.endswith("revision/v1") for path in Hub.requested)


@pytest.mark.parametrize(
    ("model", "revision"), [("edge/other", ""), ("edge/mini", "v2")], ids=["repository", "revision"]
)
def test_what_is_not_there_is_reported_in_one_line(
    endpoint: str, tmp_path: Path, model: str, revision: str
) -> None:
    done = _resolve(endpoint, tmp_path, model, revision)
    assert done.returncode == 1
    assert done.stderr.startswith("refused: ")
    assert (revision or model) in done.stderr
    assert done.stderr.count("\n") == 1
