"""`readstone doctor --ready`, the health check of a container."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from readstone.cli.main import main


@contextmanager
def answering(status: int, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server whose /ready has that status and whose other paths are not found; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/ready" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_says_what_ready_says(tmp_path: Path, status: int, code: int) -> None:
    with answering(status) as port:
        assert main(["doctor", "--ready", "--data-dir", str(tmp_path), "--port", str(port)]) == code


def test_a_server_that_listens_everywhere_is_asked_here(tmp_path: Path) -> None:
    with answering(200) as port:
        assert main(["doctor", "--ready", "--data-dir", str(tmp_path), "--host", "0.0.0.0", "--port", str(port)]) == 0


def test_nobody_there_is_not_ready(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert main(["doctor", "--ready", "--data-dir", str(tmp_path), "--port", str(port)]) == 1


def test_over_tls_with_a_certificate_for_another_name(tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("vision.example.com")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    with answering(200, context) as port:
        arguments = ["--port", str(port), "--tls-cert", str(chain), "--tls-key", str(key)]
        assert main(["doctor", "--ready", "--data-dir", str(tmp_path), *arguments]) == 0
