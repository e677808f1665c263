"""May we connect to this address?

Public addresses, yes. All others only if the operator opened them (READSTONE_FETCH_ALLOW).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network

from readstone.intake.hidden_ipv4 import hidden_ipv4
from readstone.intake.hosts import Address, parse_host
from readstone.intake.special_ranges import special_ranges


@dataclass(frozen=True, slots=True)
class AllowList:
    """What the operator opened: host names, `*.` suffixes of host names, networks.

    A name opens the private, shared, loopback and unique local addresses that it resolves to. It does not
    open link-local and metadata addresses: whoever controls DNS below an allowed suffix would reach the
    machine's own cloud credentials. Those need the address itself on the list.
    """

    names: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, items: Iterable[str]) -> AllowList:
        """Host names (`intranet.example`), suffixes (`*.example.com`), addresses and CIDRs (`10.1.0.0/16`).

        Raises ValueError with one sentence for each item that is none of these.
        """
        names: set[str] = set()
        suffixes: list[str] = []
        networks: list[IPv4Network | IPv6Network] = []
        faults: list[str] = []
        for item in items:
            try:
                if "/" in item:
                    networks.append(_network(item))
                elif item.startswith("*."):
                    suffixes.append("." + _name(item.removeprefix("*.")))
                else:
                    host = parse_host(item)
                    if isinstance(host, str):
                        names.add(host)
                    else:
                        networks.append(ip_network(host))
            except ValueError as fault:
                faults.append(f"{item!r} is not a host name, *.suffix, address or CIDR: {fault}.")
        if faults:
            raise ValueError(" ".join(faults))
        return cls(frozenset(names), tuple(suffixes), tuple(networks))

    def names_host(self, host: str) -> bool:
        """Whether the host name of a URL, as `parse_host` gives it, is on the list. `*.a.b` holds `x.a.b`,
        not `a.b`.
        """
        return host in self.names or any(host.endswith(suffix) for suffix in self.suffixes)

    def holds(self, address: Address) -> bool:
        """Whether `address` itself, nothing hidden in it, lies in a listed network."""
        return any(address in network for network in self.networks)


NOTHING_ALLOWED = AllowList()


def judge(address: Address, host: str = "", allow: AllowList = NOTHING_ALLOWED) -> bool:
    """Whether we may connect to `address`, which `host` (the URL's name, if it has one) resolved to.

    The address and every IPv4 address hidden in it must each be public or allowed. So an allowed 127.0.0.1
    opens neither ::ffff:169.254.169.254 (its inside is not allowed) nor ::ffff:127.0.0.1 (its outside is
    not).
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        parts: tuple[Address, ...] = (address, *hidden_ipv4(address))
        return all(_open(part, host, allow) for part in parts)
    return _open(address, host, allow)


def _open(address: Address, host: str, allow: AllowList) -> bool:
    special = special_ranges(address)
    if not special or allow.holds(address):
        return True
    return all(one.by_name for one in special) and allow.names_host(host)


def _network(text: str) -> IPv4Network | IPv6Network:
    if "%" in text:
        raise ValueError("zone id")
    return ip_network(text)


def _name(text: str) -> str:
    host = parse_host(text)
    if not isinstance(host, str):
        raise ValueError("a suffix of an address")
    return host
