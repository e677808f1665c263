"""May we connect to this address?"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from readstone.intake.addresses import AllowList, judge
from readstone.intake.hidden_ipv4 import hidden_ipv4
from readstone.intake.special_ranges import IPV4, IPV6, SpecialRange
from security.forbidden_urls import EMBEDDED_TARGETS, SPECIAL_IPV4, SPECIAL_IPV6, ipv6_embeddings

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.88.98.255",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:db7:ffff::1",
    "2001:db9::1",
    "2003::1",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001:81b::200e",
    "64:ff9b::8.8.8.8",
    "2a00:1450:4001::5efe:808:808",
)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_open(text: str) -> None:
    assert judge(ip_address(text))


INFRASTRUCTURE = ("192.31.196.1", "192.52.193.1", "192.175.48.1", "100.100.100.200", "240.0.0.1", "64:ff9b:2::1")


@pytest.mark.parametrize("text", SPECIAL_IPV4 + SPECIAL_IPV6 + INFRASTRUCTURE)
def test_special_addresses_are_closed(text: str) -> None:
    assert not judge(ip_address(text))


@pytest.mark.parametrize("special", IPV4 + IPV6, ids=lambda special: str(special.network))
def test_every_range_is_closed_to_both_its_ends(special: SpecialRange) -> None:
    assert not judge(special.network[0])
    assert not judge(special.network[-1])
    assert special.meaning
    assert special.source


@pytest.mark.parametrize("target", EMBEDDED_TARGETS)
def test_every_embedding_is_found_and_closed(target: str) -> None:
    for address in ipv6_embeddings(target):
        assert IPv4Address(target) in hidden_ipv4(address) or int(address) < 2, str(address)
        assert not judge(address), str(address)


@pytest.mark.parametrize("target", EMBEDDED_TARGETS)
def test_opening_every_ipv6_address_opens_none_of_the_ipv4_ones_inside(target: str) -> None:
    allow = AllowList.parse(["::/0"])
    for address in ipv6_embeddings(target):
        if int(address) > 1:  # :: and ::1 hide nothing
            assert not judge(address, allow=allow), str(address)


def test_an_opened_address_opens_no_address_around_it() -> None:
    allow = AllowList.parse(["127.0.0.1"])
    assert judge(IPv4Address("127.0.0.1"), allow=allow)
    assert not judge(IPv4Address("127.0.0.2"), allow=allow)
    for inside in ("127.0.0.1", "169.254.169.254"):
        for address in ipv6_embeddings(inside):
            if address not in (IPv6Address("64:ff9b::127.0.0.1"), *_isatap(inside)):
                assert not judge(address, allow=allow), str(address)


def _isatap(inside: str) -> list[IPv6Address]:
    """Public outside: with an allowed inside nothing forbidden is left."""
    return ipv6_embeddings(inside)[-2:] if inside == "127.0.0.1" else []


def test_local_nat64_opens_with_its_prefix_for_public_hosts_only() -> None:
    allow = AllowList.parse(["64:ff9b:1:2::/96"])
    assert judge(IPv6Address("64:ff9b:1:2::808:808"), allow=allow)
    assert not judge(IPv6Address("64:ff9b:1:2::a9fe:a9fe"), allow=allow)


@pytest.mark.parametrize("prefix", [48, 56, 64, 96])
def test_local_nat64_is_unwrapped_at_every_prefix_length(prefix: int) -> None:
    examples = {  # RFC 6052 2.4, in 64:ff9b:1::/48
        48: "64:ff9b:1:c000:2:2100::",
        56: "64:ff9b:1:c0:0:221::",
        64: "64:ff9b:1:0:c0:2:2100:0",
        96: "64:ff9b:1::192.0.2.33",
    }
    assert IPv4Address("192.0.2.33") in hidden_ipv4(IPv6Address(examples[prefix]))


@pytest.mark.parametrize("text", ["fe80::1%eth0", "::1%1", "2606:2800:220:1::1%lo"])
def test_a_zone_is_closed_whatever_is_allowed(text: str) -> None:
    assert not judge(ip_address(text), "a.example", AllowList.parse(["::/0", "a.example"]))


def test_a_name_opens_private_addresses_but_no_metadata() -> None:
    allow = AllowList.parse(["Intranet.Example", "*.corp.example"])
    for host in ("intranet.example", "a.corp.example", "a.b.corp.example"):
        for text in ("10.1.2.3", "127.0.0.1", "::1", "100.64.0.1", "fd12::1", "192.168.0.1"):
            assert judge(ip_address(text), host, allow), (host, text)
        for text in (
            "169.254.169.254",
            "168.63.129.16",
            "100.100.100.200",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "::ffff:10.1.2.3",
            "::169.254.169.254",
        ):
            assert not judge(ip_address(text), host, allow), (host, text)
    for host in ("", "example", "corp.example", "xcorp.example", "intranet.example.evil.example", "a.intranet.example"):
        assert not judge(IPv4Address("10.1.2.3"), host, allow), host


def test_metadata_opens_by_its_address() -> None:
    assert judge(IPv4Address("169.254.169.254"), allow=AllowList.parse(["169.254.169.254"]))


def test_allow_list_takes_networks_and_international_names() -> None:
    allow = AllowList.parse(["10.1.0.0/16", "fd00::/8", "::1", "bücher.example"])
    assert judge(IPv4Address("10.1.255.255"), allow=allow)
    assert not judge(IPv4Address("10.2.0.0"), allow=allow)
    assert judge(IPv6Address("::1"), allow=allow)
    assert judge(IPv6Address("fd12::1"), allow=allow)
    assert allow.names_host("xn--bcher-kva.example")


@pytest.mark.parametrize(
    "item",
    [
        "",
        "*",
        "*.",
        "*.10.0.0.1",
        "a*.example",
        "10.1.2.3/16",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.1",
        "0x7f000001",
        "http://intranet.example",
        "intranet.example:80",
        "intranet.example/path",
        "user@intranet.example",
        "[::1]",
        "fe80::1%eth0",
        "fe80::%eth0/64",
        "a b",
        "a..b",
        "１０.0.0.1",
    ],
)
def test_allow_list_names_the_item_it_cannot_read(item: str) -> None:
    with pytest.raises(ValueError, match="is not a host name") as fault:
        AllowList.parse(["10.0.0.0/8", item])
    assert repr(item) in str(fault.value)


def test_allow_list_names_all_faults_at_once() -> None:
    with pytest.raises(ValueError, match=r"'10\.1'.*'\*'"):
        AllowList.parse(["10.1", "good.example", "*"])
