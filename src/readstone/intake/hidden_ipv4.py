"""The IPv4 addresses hidden in an IPv6 address.

Whoever judges only the outside lets `64:ff9b::169.254.169.254` through: a gateway on the way unwraps it.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network

from readstone.intake.special_ranges import NAT64

# The IPv4 address is the last 32 bits.
_AT_THE_END = (
    IPv6Network("::/96"),  # compatible, RFC 4291 2.5.5.1
    IPv6Network("::ffff:0:0/96"),  # mapped, RFC 4291 2.5.5.2
    IPv6Network("::ffff:0:0:0/96"),  # translated, RFC 2765 2.1
    NAT64,
)
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_6TO4 = IPv6Network("2002::/16")  # RFC 3056 2
_TEREDO = IPv6Network("2001::/32")  # RFC 4380 4

_ISATAP = 0x00005EFE  # RFC 5214 6.1
_ISATAP_MASK = 0xFCFFFFFF  # all but the u and g bits

_NOTHING = (IPv6Address("::"), IPv6Address("::1"))  # in ::/96, yet no embedding: RFC 4291 2.5.2, 2.5.3


def hidden_ipv4(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Every IPv4 address that a host, tunnel or translator could take out of `address`.

    Knows the compatible, mapped, translated, 6to4, NAT64 (both prefixes), Teredo (server and client) and
    ISATAP forms. A translator with a prefix of its own (RFC 6052 2.2, network-specific) cannot be told from
    any other network.
    """
    bits = int(address)
    found: list[int] = []
    if address not in _NOTHING and any(address in network for network in _AT_THE_END):
        found.append(bits)
    if address in _6TO4:
        found.append(bits >> 80)
    if address in _TEREDO:
        found += [bits >> 64, ~bits]
    if address in _NAT64_LOCAL:
        found += _local_nat64(bits)
    if (bits >> 32) & _ISATAP_MASK == _ISATAP:
        found.append(bits)
    return tuple(dict.fromkeys(IPv4Address(value & 0xFFFFFFFF) for value in found))


def _local_nat64(bits: int) -> list[int]:
    """RFC 6052 2.2 in 64:ff9b:1::/48: only its network knows how long the prefix is. All that fit."""
    found = [bits]  # /96
    for prefix in (48, 56, 64):
        before = 64 - prefix  # bits of the IPv4 address in front of the eight that stay zero
        suffix = 24 + before
        if bits & ((1 << suffix) - 1) == 0:
            front = (bits >> 64) & ((1 << before) - 1)
            back = (bits >> suffix) & ((1 << (32 - before)) - 1)
            found.append(front << (32 - before) | back)
    return found
