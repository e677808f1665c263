"""The file of a multipart form, however the form is cut into pieces on its way."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.form import FormFile
from readstone.intake.spool import Incoming


def kept_of(form: bytes, content_type: str, piece: int = 1 << 20) -> bytes:
    async def main() -> bytes:
        incoming = Incoming()
        file = FormFile(content_type, incoming)
        for start in range(0, len(form), piece):
            await file.take(form[start : start + piece])
        file.finish()
        return incoming.in_memory()

    return asyncio.run(main())


BOUNDARY = "multipart/form-data; boundary=xyz"


def part(headers: str, data: bytes) -> bytes:
    return b"--xyz\r\n" + headers.encode() + b"\r\n\r\n" + data + b"\r\n"


def test_first_file_whatever_its_field_is_called() -> None:
    form = (
        part('Content-Disposition: form-data; name="note"', b"hello")
        + part('Content-Disposition: form-data; name="anything"; filename="a.png"', b"\x89PNG\r\n--xy")
        + part('Content-Disposition: form-data; name="second"; filename="b.png"', b"no")
        + b"--xyz--\r\n"
    )
    assert kept_of(form, BOUNDARY) == b"\x89PNG\r\n--xy"


def test_a_plain_field_serves_when_there_is_no_file() -> None:
    form = part('Content-Disposition: form-data; name="image"', b"bytes") + b"--xyz--\r\n"
    assert kept_of(form, BOUNDARY) == b"bytes"


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        (b"", BOUNDARY),
        (b"--xyz--\r\n", BOUNDARY),
        (b"not a form at all", BOUNDARY),
        (part('Content-Disposition: form-data; name="a"', b"b"), "multipart/form-data"),
        (b"--xyz\r\nbroken header\r\n\r\n", BOUNDARY),
        (part("Content-Disposition: form-data; filename=a", b"cut off")[:-4], BOUNDARY),
    ],
)
def test_broken_forms_are_refused(form: bytes, content_type: str) -> None:
    with pytest.raises(Refusal) as refused:
        kept_of(form, content_type)
    assert refused.value.reason is Reason.BAD_ARGUMENT


@given(st.integers(1, 300), st.binary(max_size=200), st.binary(max_size=200))
def test_pieces_do_not_matter(piece: int, first: bytes, second: bytes) -> None:
    if b"--xyz" in first + second:
        return
    form = (
        part('Content-Disposition: form-data; name="note"', first)
        + part('Content-Disposition: form-data; name="f"; filename="a"', second)
        + part('Content-Disposition: form-data; name="g"; filename="b"', first)
        + b"--xyz--\r\n"
    )
    assert kept_of(form, BOUNDARY, piece) == second


def test_a_file_that_is_cut_off_is_not_replaced_by_a_field() -> None:
    form = (
        part('Content-Disposition: form-data; name="note"', b"hello")
        + part('Content-Disposition: form-data; name="f"; filename="a"', b"half")[:-1]
    )
    with pytest.raises(Refusal):
        kept_of(form, BOUNDARY)


def test_endless_headers_are_refused_before_they_end() -> None:
    with pytest.raises(Refusal):
        kept_of(b"--xyz\r\nX-Long: " + b"a" * 100_000, BOUNDARY, 1000)
