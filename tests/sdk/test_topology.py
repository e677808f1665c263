"""Microsoft's SDKs against two API processes behind a balancer, three workers and one PostgreSQL, with real models.

The tests are those of one server: nothing of what a client sees may tell the two apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from postgres import fresh_database
from sdk import test_js_text as js
from sdk import test_python_text as python
from sdk.clients import Image, Sent
from sdk.test_js_text import ask as ask_js  # noqa: F401 - fixtures
from sdk.test_python_text import ask, asked  # noqa: F401 - fixtures
from serving import RunningServer
from topology import REAL, Balancer, balancer, topology

RELEASE = python.RELEASES[-1]
READ = python.READ


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancer]:
    store = {"READSTONE_DATABASE": fresh_database(), "READSTONE_FETCH_ALLOW": "127.0.0.1", "READSTONE_WORKERS": "1"}
    with topology(tmp_path_factory.mktemp("topology"), store, REAL) as made, balancer(made) as balanced:
        yield balanced


@pytest.fixture(scope="module")
def server(balanced: Balancer) -> RunningServer:
    """What clients take for the server."""
    return RunningServer(balanced.url)


@pytest.fixture(scope="module")
def recorded(balanced: Balancer) -> Callable[[], list[Sent]]:
    """Begins a list of the requests that are passed on from now on."""

    def begin() -> list[Sent]:
        balanced.sent = []
        return balanced.sent

    return begin


def test_python(
    asked: Callable[[Any], Any],  # noqa: F811 - the fixture above
    balanced: Balancer,
    server: RunningServer,
    images: dict[str, Image],
) -> None:
    asked(RELEASE)
    assert len({passed.member for passed in balanced.passed}) == 2  # whoever is asked, the answer is the same
    python.test_reads_the_poster(asked, server, RELEASE, READ)
    python.test_what_reaches_the_server(asked, RELEASE, READ)
    python.test_reads_documents_of_several_pages(asked, RELEASE, READ)
    python.test_refusals(asked, images, RELEASE, READ)
    python.test_recognizes_printed_text(asked, RELEASE)


def test_python_parameters(ask: Any, images: dict[str, Image]) -> None:  # noqa: F811 - the fixture above
    python.test_parameters_of_v3_2(ask, images)


def test_js(ask_js: Any, server: RunningServer, sent: list[Sent], poster: Image) -> None:  # noqa: F811 - the fixture above
    js.test_reads_the_poster(ask_js, server, sent, poster)


def test_js_documents(ask_js: Any, images: dict[str, Image]) -> None:  # noqa: F811 - the fixture above
    js.test_reads_documents_of_several_pages(ask_js, images)


def test_js_refusals(ask_js: Any, images: dict[str, Image], poster: Image) -> None:  # noqa: F811 - the fixture above
    js.test_wrong_key(ask_js, poster)
    js.test_refusals(ask_js, images, poster)
