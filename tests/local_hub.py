"""A model hub on this machine: folders, served the way that huggingface_hub asks for them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class LocalHub:
    """`folders` by model id. `asked`: every path that was asked for, in order."""

    folders: dict[str, Path]
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def commit(self, name: str) -> str:
        """Forty hex digits that change with the files."""
        digest = hashlib.sha1(usedforsecurity=False)
        for path in self.files(name):
            digest.update(path.encode() + self.content(name, path))
        return digest.hexdigest()

    def files(self, name: str) -> list[str]:
        folder = self.folders[name]
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def content(self, name: str, path: str) -> bytes:
        return (self.folders[name] / path).read_bytes()

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a GET."""
        for name in self.folders:
            commit = self.commit(name)
            if path in (f"/api/models/{name}", *(f"/api/models/{name}/revision/{each}" for each in ("main", commit))):
                siblings = [{"rfilename": each, "size": len(self.content(name, each))} for each in self.files(name)]
                return _json({"id": name, "modelId": name, "sha": commit, "siblings": siblings, "private": False})
            if path.startswith(f"/api/models/{name}/tree/{commit}"):
                return _json([self._entry(name, each) for each in self.files(name)])
            start = f"/{name}/resolve/{commit}/"
            if path.startswith(start) and path.removeprefix(start) in self.files(name):
                content = self.content(name, path.removeprefix(start))
                etag = hashlib.sha256(content).hexdigest()
                return 200, {"ETag": f'"{etag}"', "X-Repo-Commit": commit}, content
        _, headers, body = _json({"error": "Repository not found"})
        return 404, {**headers, "X-Error-Code": "RepoNotFound"}, body

    def _entry(self, name: str, path: str) -> dict[str, object]:
        content = self.content(name, path)
        oid = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        return {"type": "file", "path": path, "size": len(content), "oid": oid}


def _json(said: object) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()


@contextmanager
def local_hub(folders: dict[str, Path]) -> Iterator[LocalHub]:
    hub = LocalHub(folders)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append(path)
            status, headers, body = hub.answer(path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
