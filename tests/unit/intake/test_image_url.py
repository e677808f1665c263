"""The URL parser."""

from __future__ import annotations

import pytest

from readstone.intake.image_url import MAX_LENGTH, ImageUrl


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTPS://Example.COM:443/A.png", "https://example.com/A.png"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("http://example.com:443/a", "http://example.com:443/a"),
        ("http://example.com?a=b#part", "http://example.com/?a=b"),
        ("  http://example.com/a  ", "http://example.com/a"),
        ("http://example.com/a b/ü.png?q=é f", "http://example.com/a%20b/%C3%BC.png?q=%C3%A9%20f"),
        ("http://example.com/a%20b?sig=x%2By%3D", "http://example.com/a%20b?sig=x%2By%3D"),
        ("http://example.com/a;b=1,2/(c)~!$&'*+@:", "http://example.com/a;b=1,2/(c)~!$&'*+@:"),
        ("http://example.com/[a]|b?c=[1]", "http://example.com/%5Ba%5D%7Cb?c=%5B1%5D"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://a_b.example/", "http://a_b.example/"),
        ("http://93.184.215.14/", "http://93.184.215.14/"),
        ("http://[2606:2800:220:1:0:0:0:1]:8080/", "http://[2606:2800:220:1::1]:8080/"),
    ],
)
def test_a_good_url_is_sent_as_it_was_judged(text: str, sent: str) -> None:
    url = ImageUrl.parse(text)
    assert str(url) == sent
    assert ImageUrl.parse(sent) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/a",
        "ftp://example.com/a",
        "http:///a",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:/",
        "http://user@example.com/",
        "http://@example.com/",
        "http://example.com/a\\b",
        "http://example.com/a\tb",
        "http://example.com/a\x7fb",
        "http://example.com/a\x85b",
        "http://example.com/\n",
        "http://127.1/",
        "http://example.0x1/",
        "http://example.com./",
        "http://exa mple.com/",
        "http://[fe80::1%25eth0]/",
        "http://example.com/\ud800",
        "http://\ud800/",
        "http://example.com/" + "a" * MAX_LENGTH,
        "http://example.com/#" + "a" * MAX_LENGTH,
        "http://example.com/" + "é" * (MAX_LENGTH // 2),
    ],
)
def test_what_is_no_image_url_is_a_fault(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any fault will do
        ImageUrl.parse(text)


@pytest.mark.parametrize("location", ["http://exa\tmple.com/", "/a\nb", "/a\\b", "\x00"])
def test_a_redirect_is_no_cleaner_than_a_url(location: str) -> None:
    """urllib drops tabs and line ends without a word."""
    with pytest.raises(ValueError, match="location"):
        ImageUrl.parse("http://example.com/").follow(location)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b", "http://example.com:81/b"),
        ("b?c", "http://example.com:81/x/b?c"),
        ("../b", "http://example.com:81/b"),
        ("//other.example/b", "http://other.example/b"),
        ("https://other.example", "https://other.example/"),
        ("?q", "http://example.com:81/x/a?q"),
    ],
)
def test_redirects_are_relative_to_where_they_come_from(location: str, leads_to: str) -> None:
    assert str(ImageUrl.parse("http://example.com:81/x/a").follow(location)) == leads_to
