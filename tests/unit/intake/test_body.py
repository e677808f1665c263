import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.body import BodyKind, body_kind, image_url, read_capped


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/json", BodyKind.URL),
        ("application/json; charset=utf-8", BodyKind.URL),
        ("Application/JSON;charset=UTF-16", BodyKind.URL),
        ("application/octet-stream", BodyKind.BYTES),
        ("image/jpeg", BodyKind.BYTES),
        ("image/tiff", BodyKind.BYTES),
        ("multipart/form-data; boundary=x", BodyKind.FORM),
    ],
)
def test_content_type_decides(content_type: str, kind: BodyKind) -> None:
    assert body_kind(content_type) is kind


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/pdf", "application/x-www-form-urlencoded", "image/svg+xml", "json"],
)
def test_other_types_are_refused(content_type: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        body_kind(content_type)
    assert refused.value.reason is Reason.MEDIA_TYPE_NOT_SUPPORTED


@pytest.mark.parametrize(
    "body",
    [
        b'{"url":"http://a/b.png"}',
        b'\xef\xbb\xbf{"url": "http://a/b.png", "more": [1]}',
        b"{'url':'http://a/b.png'}",
        b"{url: 'http://a/b.png',}",
        '{"url":"http://a/b.png"}'.encode("utf-16"),
        b'{"url":"  http://a/b.png "}',
    ],
)
def test_url_bodies_that_clients_send(body: bytes) -> None:
    assert image_url(body) == "http://a/b.png"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.BAD_ARGUMENT),
        (b"http://a/b.png", Reason.BAD_ARGUMENT),
        (b'{"url":', Reason.BAD_ARGUMENT),
        (b'["http://a/b.png"]', Reason.BAD_ARGUMENT),
        (b"null", Reason.BAD_ARGUMENT),
        (b"\xff\xfe\xfd", Reason.BAD_ARGUMENT),
        (b"[" * 60_000, Reason.BAD_ARGUMENT),
        (b"{'a':" * 10_000, Reason.BAD_ARGUMENT),
        (b"{}", Reason.IMAGE_URL),
        (b'{"url":null}', Reason.IMAGE_URL),
        (b'{"url":7}', Reason.IMAGE_URL),
        (b'{"url":" "}', Reason.IMAGE_URL),
        (b'{"URL":"http://a/b.png"}', Reason.IMAGE_URL),
    ],
)
def test_url_bodies_that_are_refused(body: bytes, reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        image_url(body)
    assert refused.value.reason is reason


@given(st.binary(max_size=300))
def test_no_body_breaks_the_parser(body: bytes) -> None:
    reason = None
    try:
        assert image_url(body)
    except Refusal as refused:
        reason = refused.reason
    assert reason in (None, Reason.BAD_ARGUMENT, Reason.IMAGE_URL)


async def chunks(*parts: bytes, pause: float = 0) -> AsyncIterator[bytes]:
    for each in parts:
        await asyncio.sleep(pause)
        yield each


def test_reading_stops_at_the_cap() -> None:
    assert asyncio.run(read_capped(chunks(b"ab", b"cd"), 4, 1)) == b"abcd"
    with pytest.raises(Refusal) as refused:
        asyncio.run(read_capped(chunks(b"ab", b"cde"), 4, 1))
    assert refused.value.reason is Reason.IMAGE_TOO_LARGE


def test_a_length_over_the_cap_is_refused_unread() -> None:
    async def untouched() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(Refusal):
        asyncio.run(read_capped(untouched(), 4, 1, content_length="5"))


def test_a_slow_sender_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        asyncio.run(read_capped(chunks(b"a", b"b", pause=0.2), 4, 0.1))
    assert refused.value.reason is Reason.BAD_ARGUMENT
