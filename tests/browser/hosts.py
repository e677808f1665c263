"""Little web servers beside the one under test: for files, and in the place of one that is far away."""

from __future__ import annotations

import mimetypes
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JQUERY_HOST = "ajax.googleapis.com"
JQUERY_PATH = "/ajax/libs/jquery/1.9.0/jquery.min.js"
"""Where Microsoft's pages load jQuery from."""


class _Handler(BaseHTTPRequestHandler):
    files: Mapping[str, bytes]

    def do_GET(self) -> None:
        body = self.files.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", str(mimetypes.guess_type(self.path)[0]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Host(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A browser may hang up whenever it likes."""


@contextmanager
def host(address: str, files: Mapping[str, bytes], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The files at their paths, on a free port of this address, which is given back."""
    handler = type("Handler", (_Handler,), {"files": files})
    with _Host((address, 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
