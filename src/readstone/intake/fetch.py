"""Fetch the image that a caller names by URL, without becoming a way into the operator's network.

Every hop is parsed by the one parser, resolved once, judged, and fetched from the judged address itself over
a fresh connection. What went wrong is told to the operator's log only: to the caller a forbidden address, a
closed port, a 404 and a time-out read the same.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import aclosing
from dataclasses import dataclass, field

import httpcore2

from readstone.domain.refusals import Reason, Refusal
from readstone.domain.stages import Stage, stage
from readstone.intake.addresses import AllowList
from readstone.intake.connect import ForbiddenAddress, Gate, HopNetwork, JudgedNetwork, Unresolvable
from readstone.intake.image_url import ImageUrl
from readstone.intake.proxy import parse_proxy
from readstone.intake.resolve import Resolver, SystemResolver
from readstone.intake.spool import Incoming

NOT_ACCESSIBLE = "Image URL is not accessible."
BADLY_FORMATTED = "Image URL is badly formatted."
TOO_LARGE = "Image size is too large."

# http.client has the same limit. The bytes of a response head are capped by httpcore2, at 100 KiB.
MAX_HEADERS = 100

# A body may come in crumbs, but not in a hundred thousand: each costs far more work here than it costs the
# sender.
FREE_PIECES = 10_000
BYTES_A_PIECE = 64

_REDIRECTS = (301, 302, 303, 307, 308)  # RFC 9110 15.4

_log = logging.getLogger("readstone.fetch")


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What the operator lets image URLs do.

    `deadline_seconds` covers all of one fetch: look-up, connections, redirects, body. `proxy`: URL of an HTTP
    proxy, never taken from the environment. With a proxy the target's addresses, as this machine resolves
    them, are judged before the request is handed over; the proxy then resolves the name once more, so against
    rebinding, and where this machine and the proxy see different DNS, only the proxy's own rules protect.
    """

    allow: AllowList = field(default_factory=AllowList)
    max_redirects: int = 5
    deadline_seconds: float = 30.0
    proxy: str | None = None


class _NotFetched(Exception):
    """The image did not arrive; `why` is the class of reason, for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


# What can go wrong below us, most specific first.
_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (ForbiddenAddress, "forbidden address"),
    (Unresolvable, "unknown host"),
    (httpcore2.TimeoutException, "time-out"),
    (httpcore2.NetworkError, "network"),
    (httpcore2.ProtocolError, "not HTTP"),
    (httpcore2.ProxyError, "proxy"),
    (OSError, "network"),  # ssl.SSLError and TimeoutError are OSErrors
)


class ImageFetcher:
    """Fetches images under a policy.

    Keeps no connection from one request to the next: judging happens at connecting, so a kept connection
    would outlive the judgement, and one handshake more is little beside reading an image. No cookies, no
    credentials, no cache.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolve: Resolver | None = None,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        """Raises ValueError for a proxy that is no URL, OSError for an SSL_CERT_FILE that cannot be read.

        Certificates are verified with SSL_CERT_FILE or SSL_CERT_DIR where set, else with the system's store.
        `resolve` and `network` stand in for DNS and sockets.
        """
        self._policy = policy
        self._proxy = None if policy.proxy is None else parse_proxy(policy.proxy)
        self._own_resolver = None if resolve else SystemResolver()
        self._gate = Gate(policy.allow, resolve or self._own_resolver or SystemResolver())
        self._network = network or httpcore2.AnyIOBackend()
        self._tls: ssl.SSLContext = httpcore2.default_ssl_context()

    async def aclose(self) -> None:
        """Release the resolver's threads. Fetches under way are their callers' to cancel."""
        if self._own_resolver:
            self._own_resolver.close()

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        """The body behind `url`, at most `max_bytes` of it, in memory. Raises as `fetch_into`."""
        incoming = Incoming()
        await self.fetch_into(incoming, url, max_bytes)
        return incoming.in_memory()

    async def fetch_into(self, incoming: Incoming, url: str, max_bytes: int) -> None:
        """Add the body behind `url` to `incoming`, at most `max_bytes` of it.

        Raises Refusal: IMAGE_TOO_LARGE past `max_bytes`, what `incoming` raises, IMAGE_URL for everything else.
        Cancelling closes the connection.
        """
        try:
            first = ImageUrl.parse(url)
        except ValueError:
            _log.info("image URL refused: badly formatted")
            raise Refusal(Reason.IMAGE_URL, BADLY_FORMATTED) from None
        try:
            with stage(Stage.FETCH, "http"):
                async with asyncio.timeout(self._policy.deadline_seconds):
                    await self._follow(incoming, first, max_bytes)
        except TimeoutError:
            raise _refusal(first, "deadline") from None

    async def _follow(self, incoming: Incoming, url: ImageUrl, max_bytes: int) -> None:
        for _ in range(self._policy.max_redirects + 1):
            try:
                target = await self._get(incoming, url, max_bytes)
            except _NotFetched as failed:
                raise _refusal(url, failed.why) from None
            except Refusal as refusal:
                why = "too large" if refusal.reason is Reason.IMAGE_TOO_LARGE else "no room for it"
                _log.info("image URL refused: host %s, %s", url.bracketed_host, why)
                raise
            except tuple(kind for kind, _ in _CAUSES) as cause:
                raise _refusal(url, next(why for kind, why in _CAUSES if isinstance(cause, kind))) from None
            if target is None:
                return
            url = target
        raise _refusal(url, "too many redirects")

    async def _get(self, incoming: Incoming, url: ImageUrl, max_bytes: int) -> ImageUrl | None:
        """One request: where to go next, or nothing once the body is in."""
        network: HopNetwork
        if self._proxy is None:
            network = JudgedNetwork(self._network, self._gate)
            host = str(url.host)
        else:
            await self._gate.admit(url.host, url.port)
            network = HopNetwork(self._network)
            host = url.bracketed_host  # httpcore2 writes it into the proxy's request line as it is
        request = httpcore2.Request(
            "GET",
            httpcore2.URL(scheme=url.scheme, host=host, port=url.port, target=url.target),
            headers={
                "Host": url.authority,
                "User-Agent": "Readstone",
                "Accept": "*/*",
                # A compressed body is a bomb waiting for whoever unpacks it. Nobody here does.
                "Accept-Encoding": "identity",
                "Connection": "close",
            },
            extensions={"sni_hostname": str(url.host)},
        )
        async with (
            aclosing(network),
            httpcore2.AsyncConnectionPool(self._tls, self._proxy, network_backend=network) as pool,
            aclosing(await pool.handle_async_request(request)) as response,
        ):
            return await _read(incoming, url, response, max_bytes)


async def _read(incoming: Incoming, url: ImageUrl, response: httpcore2.Response, max_bytes: int) -> ImageUrl | None:
    if len(response.headers) > MAX_HEADERS:
        raise _NotFetched("too many headers")
    if response.status in _REDIRECTS:
        return _next(url, response)
    if not 200 <= response.status < 300:
        raise _NotFetched("status")
    if any(value.lower() != b"identity" for value in _values(response, b"content-encoding")):
        raise _NotFetched("compressed")
    # h11 has checked that it is a number.
    if any(int(value) > max_bytes for value in _values(response, b"content-length")):
        raise Refusal(Reason.IMAGE_TOO_LARGE, TOO_LARGE)
    pieces = 0
    async with aclosing(response.aiter_stream()) as stream:
        async for piece in stream:
            pieces += 1
            if incoming.size + len(piece) > max_bytes:
                raise Refusal(Reason.IMAGE_TOO_LARGE, TOO_LARGE)
            await incoming.take(piece)
            if pieces > FREE_PIECES + incoming.size // BYTES_A_PIECE:
                raise _NotFetched("crumbs")
    return None


def _next(url: ImageUrl, response: httpcore2.Response) -> ImageUrl:
    locations = _values(response, b"location")
    if len(locations) != 1 or not locations[0]:
        raise _NotFetched("redirect without one location")
    try:
        target = url.follow(locations[0].decode())
    except ValueError:
        raise _NotFetched("redirect to no URL") from None
    # As .NET's HttpClient, which Azure's service is built on: who asked for a verified source gets no other.
    if url.scheme == "https" and target.scheme == "http":
        raise _NotFetched("redirect from https to http")
    return target


def _values(response: httpcore2.Response, name: bytes) -> list[bytes]:
    return [value.strip() for key, value in response.headers if key.lower() == name]


def _refusal(url: ImageUrl, why: str) -> Refusal:
    """The uniform answer; `why` goes to the log, with the host and nothing else of the URL."""
    _log.info("image URL refused: host %s, %s", url.bracketed_host, why)
    return Refusal(Reason.IMAGE_URL, NOT_ACCESSIBLE)
