"""The one parser of image URLs: what it returns is what is judged and what is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin, urlsplit

from readstone.intake.hosts import Address, parse_host

# RFC 9110 4.1 asks everyone for at least 8,000 octets, and presigned URLs with a session token pass 2,048.
MAX_LENGTH = 8000

# Controls, and the backslash that browsers read as a slash. urllib drops some of them silently, so they go
# first.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:@\[\]%]+))(?::(?P<port>[0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}

# RFC 3986 3.3 and 3.4; "%" because what is encoded already stays as it is.
_PATH = "/%:@!$&'()*+,;=~"
_QUERY = _PATH + "?"


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """An http or https URL, taken apart. `host` is a lower-case name or an address; `target` is path and
    query.
    """

    scheme: str
    host: Address | str
    port: int
    target: str

    @classmethod
    def parse(cls, text: str) -> ImageUrl:
        """Raises ValueError for all that is not an absolute http(s) URL of a host without user name or
        password.

        Spaces at the ends are dropped; spaces and non-ASCII characters in path and query are percent-encoded
        (RFC 3987 3.1), as .NET's Uri does for callers of Azure. The fragment is dropped, it is never sent.
        """
        text = text.strip(" ")
        if _FORBIDDEN.search(text):
            raise ValueError("forbidden character")
        if len(text) > MAX_LENGTH:
            raise ValueError("too long")
        parts = urlsplit(text)
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError("scheme")
        authority = _AUTHORITY.fullmatch(parts.netloc)
        if authority is None:
            raise ValueError("authority")
        ipv6 = authority["ipv6"]
        host = parse_host(authority["host"]) if ipv6 is None else IPv6Address(ipv6)
        port = _DEFAULT_PORTS[parts.scheme] if authority["port"] is None else int(authority["port"])
        if not 0 < port < 65536:
            raise ValueError("port")
        target = quote(parts.path or "/", safe=_PATH)
        if parts.query:
            target += "?" + quote(parts.query, safe=_QUERY)
        if len(target) > MAX_LENGTH:
            raise ValueError("too long")
        return cls(parts.scheme, host, port, target)

    def follow(self, location: str) -> ImageUrl:
        """The URL that a redirect to `location` (absolute or relative, RFC 9110 10.2.2) leads to. Raises
        ValueError.
        """
        if _FORBIDDEN.search(location):
            raise ValueError("location")
        return ImageUrl.parse(urljoin(str(self), location.strip(" ")))

    @property
    def bracketed_host(self) -> str:
        """The host as it is written in a URL."""
        return f"[{self.host}]" if isinstance(self.host, IPv6Address) else str(self.host)

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110 7.2): the port only where it is not the scheme's own."""
        usual = self.port == _DEFAULT_PORTS[self.scheme]
        return self.bracketed_host if usual else f"{self.bracketed_host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"
