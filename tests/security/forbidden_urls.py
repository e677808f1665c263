"""URLs that must never make the server connect anywhere: the corpus, generated.

`forbidden_urls(port)` puts `port` into every URL that can carry one, so a listener on that port of 127.0.0.1 and ::1
sees it if one gets through. Nothing here needs DNS beyond `localhost`.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

# One address out of each of 16 special IPv4 ranges, loopback first.
SPECIAL_IPV4 = (
    "127.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
)

EMBEDDED_TARGETS = SPECIAL_IPV4[:12]

SPECIAL_IPV6 = (
    "::",
    "::1",
    "64:ff9b:1::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "8000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
)

SCHEMES = (
    "file",
    "gopher",
    "ftp",
    "ftps",
    "sftp",
    "tftp",
    "dict",
    "ldap",
    "ldaps",
    "jar",
    "phar",
    "unix",
    "http+unix",
    "ws",
    "wss",
    "smb",
    "ssh",
    "telnet",
    "imap",
    "rtsp",
    "redis",
    "netdoc",
    "view-source",
)

_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
_CIRCLED = str.maketrans("0123456789.", "⓪①②③④⑤⑥⑦⑧⑨。")


def ipv4_spellings(address: str) -> list[str]:
    """The eight ways of T3 to write an IPv4 address, and two more."""
    a, b, c, d = (int(part) for part in address.split("."))
    return [
        address,
        f"{a}.{b}.{c << 8 | d}",
        str(int(IPv4Address(address))),
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"0x{int(IPv4Address(address)):08X}",
        f"0x{a:x}.{b}.0{c:o}.{d}",
        address.translate(_FULL_WIDTH),
        address + ".",
        address.translate(_CIRCLED),
        f"{a}.{b << 16 | c << 8 | d}",
    ]


def ipv6_embeddings(address: str) -> list[IPv6Address]:
    """Every way to hide an IPv4 address in an IPv6 one."""
    v4 = int(IPv4Address(address))
    isatap_in_public = int(IPv6Address("2a00:1450:4001::"))
    return [
        IPv6Address(v4),  # compatible
        IPv6Address(0xFFFF << 32 | v4),  # mapped
        IPv6Address(0xFFFF << 48 | v4),  # translated
        IPv6Address(0x2002 << 112 | v4 << 80 | 1),  # 6to4
        IPv6Address(int(IPv6Address("64:ff9b::")) | v4),
        IPv6Address(int(IPv6Address("64:ff9b:1::")) | v4),
        IPv6Address(int(IPv6Address("64:ff9b:1::")) | v4 >> 16 << 64 | (v4 & 0xFFFF) << 40),  # RFC 6052, /48
        IPv6Address(0x20010000 << 96 | v4 << 64 | 0x8000F227F7F7F7F7),  # Teredo server, client 8.8.8.8
        IPv6Address(0x2001000008080808 << 64 | 0x8000F22700000000 | (v4 ^ 0xFFFFFFFF)),  # Teredo client
        IPv6Address(isatap_in_public | 0x00005EFE << 32 | v4),
        IPv6Address(isatap_in_public | 0x02005EFE << 32 | v4),
    ]


def _ipv6_urls(port: int) -> Iterator[str]:
    for target in EMBEDDED_TARGETS:
        for address in ipv6_embeddings(target):
            yield f"http://[{address}]:{port}/a.png"
            yield f"https://[{address.exploded.upper()}]:{port}/a.png"
        for prefix in ("::", "::ffff:", "64:ff9b::"):
            yield f"http://[{prefix}{target}]:{port}/a.png"
    for address6 in SPECIAL_IPV6:
        yield f"http://[{address6}]:{port}/a.png"
        yield f"http://{address6}:{port}/a.png"  # without brackets
    for zone in ("%eth0", "%25eth0", "%1", "%251", "%lo", "%25lo", "%"):
        for address6 in ("::1", "fe80::1", "2606:2800:220:1::1"):
            yield f"http://[{address6}{zone}]:{port}/a.png"
    yield f"http://[v1.::1]:{port}/a.png"
    yield f"http://[127.0.0.1]:{port}/a.png"
    yield f"http://[::1:{port}/a.png"
    yield f"http://::1]:{port}/a.png"
    yield f"http://[[::1]]:{port}/a.png"


def _tricks(port: int) -> Iterator[str]:
    here = f"127.0.0.1:{port}"
    public = "example.com"
    # user names and passwords
    yield from (f"http://{user}@{here}/a.png" for user in (public, "a:b", f"{public}:80", "", ":", "%40", "a@b"))
    yield from (f"http://{here}@{public}/a.png", f"http://{here}%40{public}/a.png", f"http://{here}%2f@{public}/a.png")
    yield from (f"http://{here}#@{public}/", f"http://{here}?@{public}/", f"http://{here}/@{public}/")
    # backslashes and wrong slashes
    yield from (
        f"http:\\\\{here}\\a.png",
        f"http://{public}\\@{here}/a.png",
        f"http://{here}\\@{public}/a.png",
        f"http:/\\{here}/a.png",
        f"http:{here}/a.png",
        f"http:/{here}/a.png",
        f"http:///{here}/a.png",
        f"http:////{here}/a.png",
        f"//{here}/a.png",
        f"/{here}/a.png",
        f"{here}/a.png",
        f"://{here}/a.png",
        f"http//{here}/a.png",
    )
    # controls and blanks, which some parsers drop
    for blank in (
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\x00",
        "\x0b",
        "\x1f",
        "\x7f",
        "\x85",
        "\u2028",
        "\u200b",
        "\u00ad",
        "\ufeff",
    ):
        yield f"http://127.0.0{blank}.1:{port}/a.png"
        yield f"ht{blank}tp://{here}/a.png"
        yield f"http://{here}{blank}.{public}/a.png"
    yield f"http://127.0.0.1 :{port}/a.png"
    yield f"http://{here} {public}/a.png"
    yield f"http://{here}/a.png HTTP/1.1\r\nHost: {public}\r\n\r\n"
    yield f"http://{here}/\r\nX-Evil: 1"
    # percent-encoded hosts
    yield from (
        f"http://{host}:{port}/a.png"
        for host in ("127%2e0%2e0%2e1", "%31%32%37.0.0.1", "127.0.0.1%00.a", "%6cocalhost")
    )
    # names
    yield from (f"http://{name}:{port}/a.png" for name in ("localhost", "LOCALHOST", "LocalHost", "localhost."))
    yield from (f"https://{name}:{port}/a.png" for name in ("localhost", "127.0.0.1", "[::1]"))
    # international names and digits
    yield from (
        f"http://{name}:{port}/a.png"
        for name in (
            "ｌｏｃａｌｈｏｓｔ",
            "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
            "localhoſt",
            "loca\u200blhost",
            "127。0。0。1",
            "127．0．0．1",
            "127｡0｡0｡1",
            "١٢٧.٠.٠.١",
            "१२७.०.०.१",
            "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
            "²130706433",
            "127.0.0.1℀",
            "xn--",
            "xn--127-0-0-1.1",
            "ex\u0430mple..com",
            "a" * 64 + ".example.com",
            ".".join(["a" * 60] * 5),
            "-.example.com",
            "127.0.0.1,example.com",
            "127.0.0.1;example.com",
            "127.0.0.1&example.com",
            "$(localhost)",
            "0",
            "00",
            "0x",
            "0x0",
            "127.1.",
            "127..1",
            ".127.0.0.1",
            "127.0.0.01",
            "127.0.0.1.1",
            "127.0.0.256",
            "1.2.3.0x4",
            "4294967296",
            "99999999999999999999",
            "",
            ".",
            "*",
        )
    )
    # ports
    yield from (
        f"http://127.0.0.1{odd}/a.png"
        for odd in (
            ":0",
            ":00",
            ":65536",
            ":99999",
            ":100000",
            ":-1",
            ":+80",
            ": 80",
            ":8o",
            ":٨٠",
            ":",
            "::80",
            ":80:80",
            ":0x50",
        )
    )
    yield from (f"http://127.0.0.1:{number}/a.png" for number in (22, 25, 80, 443, 2375, 3306, 5432, 6379, 9200, 11211))
    # nothing, too much, other things
    yield from ("", " ", "a", "http", "http:", "http://", "https://", "http://?", "http://#", "about:blank", "data:,a")
    yield f"http://{here}/" + "a" * 8000
    yield f"http://{here}/?" + "é" * 4000
    yield f" http://{here}/a.png"
    yield f"http://{here}/a.png#fragment"
    yield f"HTTP://{here}/a.png"
    yield f"http://{here}?a.png"


def _scheme_urls(port: int) -> Iterator[str]:
    for scheme in SCHEMES:
        yield f"{scheme}://127.0.0.1:{port}/a.png"
    yield from (
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "file:/etc/passwd",
        "data:image/png;base64,iVBORw0KGgo=",
        "javascript:alert(1)",
        "blob:http://127.0.0.1/0",
        "mailto:a@example.com",
        f"jar:http://127.0.0.1:{port}!/a.png",
        f"url:http://127.0.0.1:{port}/a.png",
        f"http+unix://%2Fvar%2Frun%2Fdocker.sock:{port}/a.png",
        "unix:/var/run/docker.sock",
        f"gopher://127.0.0.1:{port}/_GET%20/%20HTTP/1.1%0d%0a%0d%0a",
        "php://filter/resource=/etc/passwd",
        "expect://id",
        "\\\\127.0.0.1\\share\\a.png",
        "/etc/passwd",
        "C:\\a.png",
    )


def forbidden_urls(port: int) -> list[str]:
    """The corpus, each URL once; `port` is where the listener waits."""
    urls = [f"http://{spelling}:{port}/a.png" for address in SPECIAL_IPV4 for spelling in ipv4_spellings(address)]
    urls += _ipv6_urls(port)
    urls += _tricks(port)
    urls += _scheme_urls(port)
    return list(dict.fromkeys(urls))


FORBIDDEN_URLS: tuple[str, ...] = tuple(forbidden_urls(80))
