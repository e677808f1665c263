"""Redirect chains: what a server answers path by path, and whether the picture may be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STATUSES = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Chain:
    """Starts at `/0`. `steps`: path -> status and Location (None: no such header). The picture is at `/picture`."""

    name: str
    steps: Mapping[str, tuple[int, str | None]]
    reaches: bool


def _walk(count: int, status: int, last: str = "/picture") -> dict[str, tuple[int, str | None]]:
    return {f"/{n}": (status, f"/{n + 1}" if n + 1 < count else last) for n in range(count)}


def redirect_chains(public: str, private: str, limit: int = 5) -> list[Chain]:
    """Chains for a server at `public` (an origin such as http://127.0.0.2:81, which the policy lets through).

    `private` is an origin that the policy forbids, and that listens. `limit`: redirects that are followed at most.
    """
    host = public.partition("//")[2]
    secret = private.partition("//")[2]
    port = secret.rpartition(":")[2]
    one = [
        ("absolute", f"{public}/picture", True),
        ("without scheme", f"//{host}/picture", True),
        ("relative", "picture", True),
        ("up and down", "./../picture", True),
        ("with fragment", "/picture#part", True),
        ("with query", "/picture?a=b", True),
        ("blanks around", " /picture ", True),
        ("missing", None, False),
        ("empty", "", False),
        ("private", f"{private}/picture", False),
        ("private without scheme", f"//{secret}/picture", False),
        ("private by user name", f"http://{host}@{secret}/picture", False),
        ("private by backslash", f"http:\\\\{secret}\\picture", False),
        ("private by name", f"http://localhost:{port}/picture", False),
        ("private mapped", f"http://[::ffff:127.0.0.1]:{port}/picture", False),
        ("private in decimal", f"http://2130706433:{port}/picture", False),
        ("private, IPv6", f"http://[::1]:{port}/picture", False),
        ("metadata", "http://169.254.169.254/latest/meta-data/", False),
        ("file", "file:///etc/passwd", False),
        ("data", "data:image/png;base64,iVBORw0KGgo=", False),
        ("gopher", f"gopher://{secret}/_x", False),
        ("ftp", f"ftp://{secret}/picture", False),
        ("no scheme's slashes", f"http:{secret}/picture", False),
        ("tab inside", f"http://127.0\t.0.1:{port}/picture", False),
        ("over-long", "/" + "a" * 9000, False),
        ("port 0", "http://127.0.0.2:0/picture", False),
        ("to itself", "/0", False),
        ("to the public server by user name", f"http://a:b@{host}/picture", False),
        ("private in a query", f"/picture?next={private}/picture", True),
    ]
    chains = [Chain(name, {"/0": (302, location)}, reaches) for name, location, reaches in one]
    for status in STATUSES:
        chains += [
            Chain(f"{status} once", _walk(1, status), True),
            Chain(f"{status} up to the limit", _walk(limit, status), True),
            Chain(f"{status} over the limit", _walk(limit + 1, status), False),
            Chain(f"{status} to private", _walk(1, status, f"{private}/picture"), False),
            Chain(f"{status} to private at the end", _walk(limit, status, f"{private}/picture"), False),
        ]
    for status in (300, 304, 305, 306, 404):
        chains.append(Chain(f"{status} is not followed", _walk(1, status), False))
    chains.append(Chain("round in circles", {"/0": (301, "/1"), "/1": (302, "/0")}, False))
    chains.append(Chain("through private and back", {"/0": (307, f"{private}/back")}, False))
    return [chain for n, chain in enumerate(chains) if chain.name not in {c.name for c in chains[:n]}]
