"""The addresses that no image of the public internet lives at, each with the document that says so.

Kept by us because `ipaddress.is_global` calls several of them public (measured on Python 3.11: `::127.0.0.1`,
`2002:7f00:1::`, `fec0::1`, `ff02::1`, `192.88.99.1`, `168.63.129.16`). Sources: the IANA IPv4 and IPv6
Special-Purpose Address Registries, all rows of them, also those marked globally reachable (anycast of
infrastructure, never of pictures); the IANA IPv6 Address Space registry; the cloud providers' documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network


@dataclass(frozen=True, slots=True)
class SpecialRange:
    """One range that is closed unless the operator opens it.

    `by_name`: hosts of a private network live here, so a host name on the allow list opens it. The others
    (metadata services above all) are opened only by writing the address itself.
    """

    network: IPv4Network | IPv6Network
    meaning: str
    source: str
    by_name: bool = False


def _range(network: str, meaning: str, source: str, *, by_name: bool = False) -> SpecialRange:
    return SpecialRange(ip_network(network), meaning, source, by_name)


IPV4 = (
    _range("0.0.0.0/8", "this network; Linux connects 0.0.0.0 to itself", "RFC 791 3.2"),
    _range("10.0.0.0/8", "private use", "RFC 1918", by_name=True),
    _range("100.64.0.0/10", "shared by carriers (CGNAT)", "RFC 6598", by_name=True),
    _range("100.100.100.200/32", "metadata of Alibaba Cloud", "Alibaba ECS, instance metadata"),
    _range("127.0.0.0/8", "loopback", "RFC 1122 3.2.1.3", by_name=True),
    _range("168.63.129.16/32", "Azure's own host agent and DNS", "Azure, What is IP address 168.63.129.16"),
    _range("169.254.0.0/16", "link local; metadata of most clouds", "RFC 3927"),
    _range("172.16.0.0/12", "private use", "RFC 1918", by_name=True),
    _range("192.0.0.0/24", "IETF protocols; metadata of Oracle Cloud", "RFC 6890 2.1"),
    _range("192.0.2.0/24", "documentation (TEST-NET-1)", "RFC 5737"),
    _range("192.31.196.0/24", "AS112", "RFC 7535"),
    _range("192.52.193.0/24", "automatic multicast tunnelling", "RFC 7450"),
    _range("192.88.99.0/24", "6to4 relays, withdrawn", "RFC 7526"),
    _range("192.168.0.0/16", "private use", "RFC 1918", by_name=True),
    _range("192.175.48.0/24", "AS112, direct delegation", "RFC 7534"),
    _range("198.18.0.0/15", "benchmarking", "RFC 2544"),
    _range("198.51.100.0/24", "documentation (TEST-NET-2)", "RFC 5737"),
    _range("203.0.113.0/24", "documentation (TEST-NET-3)", "RFC 5737"),
    _range("224.0.0.0/4", "multicast", "RFC 5771"),
    _range("240.0.0.0/4", "reserved", "RFC 1112 4"),
    _range("255.255.255.255/32", "broadcast", "RFC 919 7"),
)

IPV6 = (
    _range("::/128", "unspecified", "RFC 4291 2.5.2"),
    _range("::1/128", "loopback", "RFC 4291 2.5.3", by_name=True),
    # by name because ::1 lies in it; the IPv4 address hidden in the others is judged by itself.
    _range("::/96", "IPv4-compatible, withdrawn", "RFC 4291 2.5.5.1", by_name=True),
    _range("::ffff:0:0/96", "IPv4-mapped", "RFC 4291 2.5.5.2"),
    _range("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765 2.1"),
    _range("64:ff9b:1::/48", "NAT64 of one network", "RFC 8215"),
    _range("100::/64", "discard only", "RFC 6666"),
    _range("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    _range("2001::/23", "IETF protocols: Teredo, benchmarking, ORCHID, AS112, ...", "RFC 2928"),
    _range("2001:db8::/32", "documentation", "RFC 3849"),
    _range("2002::/16", "6to4, its relays withdrawn", "RFC 3056, RFC 7526"),
    _range("2620:4f:8000::/48", "AS112, direct delegation", "RFC 7534"),
    _range("3ffe::/16", "6bone, returned", "RFC 3701"),
    _range("3fff::/20", "documentation", "RFC 9637"),
    _range("5f00::/16", "segment routing", "RFC 9602"),
    _range("fc00::/7", "unique local", "RFC 4193", by_name=True),
    _range("fd00:ec2::/32", "metadata and services of AWS", "AWS EC2, instance metadata"),
    _range("fd20:ce::254/128", "metadata of Google Cloud", "Compute Engine, metadata server"),
    _range("fe80::/10", "link local", "RFC 4291 2.5.6"),
    _range("fec0::/10", "site local, withdrawn", "RFC 3879"),
    _range("ff00::/8", "multicast", "RFC 4291 2.7"),
)

NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052 2.1. Open itself: networks without IPv4 reach every IPv4 host through it; what it hides is judged.
"""

_OTHER = tuple(
    _range(network, "not assigned to anyone", "RFC 4291 4; IANA IPv6 Address Space")
    for network in ("::/3", "4000::/2", "8000::/1")
)


def special_ranges(address: IPv4Address | IPv6Address) -> tuple[SpecialRange, ...]:
    """Every special range that `address` itself lies in; what it hides is not looked at. Empty: a public
    address.
    """
    if isinstance(address, IPv4Address):
        return tuple(special for special in IPV4 if address in special.network)
    named = tuple(special for special in IPV6 if address in special.network)
    if named or address in NAT64:
        return named
    return tuple(special for special in _OTHER if address in special.network)
