"""Why a request is refused, in the domain's own words.

Whoever finds the fault raises `Refusal` with a `Reason` and a sentence for the caller; only
`readstone.errors` knows which HTTP status, code and envelope a reason has in which API version.
The sentence must not carry anything internal: no path, address, key or image text.
"""

from __future__ import annotations

from enum import Enum, auto


class Reason(Enum):
    """Every way a request can fail."""

    ACCESS_DENIED = auto()
    RESOURCE_NOT_FOUND = auto()
    TOO_MANY_REQUESTS = auto()
    BAD_ARGUMENT = auto()
    QUERY = auto()
    INVALID_REQUEST = auto()
    API_VERSION_MISSING = auto()
    API_VERSION_UNKNOWN = auto()
    LANGUAGE_NOT_SUPPORTED = auto()
    VISUAL_FEATURE = auto()
    DETAILS = auto()
    DOMAIN_MODEL = auto()
    THUMBNAIL_SIZE = auto()
    MEDIA_TYPE_NOT_SUPPORTED = auto()
    IMAGE_URL = auto()
    IMAGE_FORMAT = auto()
    UNSUPPORTED_IMAGE_FORMAT = auto()
    INVALID_IMAGE = auto()
    PAGE_RANGE = auto()
    READING_ORDER = auto()
    OPERATION_NOT_FOUND = auto()
    IMAGE_TOO_LARGE = auto()
    IMAGE_TOO_SMALL = auto()
    IMAGE_DIMENSION = auto()
    TIMEOUT = auto()
    UNAVAILABLE = auto()
    INTERNAL = auto()


class Refusal(Exception):
    """A request that will not be served.

    `retry_after`: whole seconds after which it may be tried again, for TOO_MANY_REQUESTS and UNAVAILABLE.
    `bound`: which limit a TOO_MANY_REQUESTS met, in one word of ours, for whoever counts them.
    """

    def __init__(self, reason: Reason, message: str, *, retry_after: int | None = None, bound: str = "other") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.bound = bound


class Cancelled(Exception):
    """The caller left before the work was done; nobody waits for an answer."""
