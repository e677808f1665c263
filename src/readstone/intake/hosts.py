"""The one grammar of a host, for image URLs and for the allow list alike."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

import idna

Address = IPv4Address | IPv6Address

# RFC 1123 2.1, and the underscore that real DNS names have. No dot at the end: it would make a second
# spelling of every name on the allow list, and one that certificates do not know.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MAX_NAME = 253

# WHATWG URL 4.3.2, "ends in a number": resolvers take such a host for an IPv4 address (127.1, 0x7f000001,
# 0177.0.0.1).
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")


def parse_host(text: str) -> Address | str:
    """`text` as an address, or as a lower-case ASCII host name (an international one in its xn-- form).

    IPv6 addresses come bare, without brackets. IPv4 is four decimal numbers and nothing else: the other
    spellings that resolvers read as an address (short, octal, hexadecimal, one number, full-width digits) are
    faults here, and so are zone ids (RFC 6874 means them for one machine's own use). Raises ValueError.
    """
    if len(text) > _MAX_NAME:
        raise ValueError("too long")
    if ":" in text:
        if "%" in text:
            raise ValueError("zone id")
        return IPv6Address(text)
    # Only ASCII is lowered: str.lower would turn the Kelvin sign into a k.
    name = text.encode().lower().decode()
    if not name.isascii():
        # strict: no mapping and no other dots, so that full-width digits and the ideographic full stop are
        # faults.
        name = idna.encode(name, strict=True).decode()
    if not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
        raise ValueError("not a host name")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return IPv4Address(name)
    return name
