"""The one table of API errors: which status, code and envelope a refusal has in which API version.

Section numbers are those of the contract (CONTRACT.md). Everything else in the house raises
`readstone.domain.refusals.Refusal`; only `answer` turns one into a body.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from readstone.domain.refusals import Reason, Refusal


class Envelope(Enum):
    """The shapes of an error body."""

    GATEWAY = auto()  # 6.2: {"error":{"code":"<status>","message"}}
    FLAT = auto()  # 6.3: {"code","requestId","message"}, v1.0 - v3.1
    NESTED = auto()  # 6.3b: {"error":{"code","innererror":{"code","message"},"message"}}, v3.2
    UNIFIED = auto()  # 6.5: {"error":{"code","message","innererror":{"code","message"}}}, Image Analysis 4.0
    UNION = auto()  # 6.4: flat and {"error":{"code","message"}} at once, the text routes of every version


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of error.

    `code` is the flat one; `inner` v3.2's when its enum lacks `code`; `read` that of v3.2's Read, whose
    list of codes is finer than everyone else's.
    """

    status: int
    code: str
    outer: str = "InvalidRequest"
    inner: str | None = None
    read: str | None = None
    gateway: bool = False


_GATEWAY_401 = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for "
    "an active subscription and use a correct regional API endpoint for your resource."
)

TABLE: Mapping[Reason, Row] = {
    # 6.2, 3: the gateway's own, the same on every version.
    Reason.ACCESS_DENIED: Row(401, "401", gateway=True),
    Reason.RESOURCE_NOT_FOUND: Row(404, "404", gateway=True),
    Reason.TOO_MANY_REQUESTS: Row(429, "429", gateway=True),
    # 6.6 codes; outer codes as 6.3b: parameters and URLs InvalidArgument, content InvalidRequest.
    Reason.BAD_ARGUMENT: Row(400, "BadArgument", "InvalidArgument"),
    # 4.0's own: anything else wrong in a query, and what it says without an inner error.
    Reason.QUERY: Row(400, "BadArgument"),
    Reason.INVALID_REQUEST: Row(400, "InvalidRequest"),
    Reason.API_VERSION_MISSING: Row(400, "ApiVersionUnspecified", "ApiVersionUnspecified"),
    Reason.API_VERSION_UNKNOWN: Row(400, "UnsupportedApiVersion", "UnsupportedApiVersion"),
    Reason.LANGUAGE_NOT_SUPPORTED: Row(400, "NotSupportedLanguage", "InvalidArgument"),
    Reason.VISUAL_FEATURE: Row(400, "NotSupportedVisualFeature", "InvalidArgument"),
    Reason.DETAILS: Row(400, "InvalidDetails", "InvalidArgument"),
    Reason.DOMAIN_MODEL: Row(400, "InvalidModel", "InvalidArgument"),
    Reason.THUMBNAIL_SIZE: Row(400, "InvalidThumbnailSize", "InvalidArgument"),
    Reason.IMAGE_URL: Row(400, "InvalidImageUrl", "InvalidArgument"),
    Reason.MEDIA_TYPE_NOT_SUPPORTED: Row(415, "UnsupportedMediaType"),
    Reason.IMAGE_FORMAT: Row(400, "InvalidImageFormat"),
    Reason.UNSUPPORTED_IMAGE_FORMAT: Row(400, "InvalidImageFormat", read="UnsupportedImageFormat"),
    Reason.INVALID_IMAGE: Row(400, "InvalidImageFormat", read="InvalidImage"),
    Reason.IMAGE_TOO_LARGE: Row(400, "InvalidImageSize"),
    Reason.IMAGE_TOO_SMALL: Row(400, "InvalidImageSize"),
    # Seen live on the text routes up to v3.1; v3.2's enum of inner codes has only InvalidImageSize.
    Reason.IMAGE_DIMENSION: Row(400, "InvalidImageDimension", inner="InvalidImageSize"),
    Reason.PAGE_RANGE: Row(400, "InvalidPageRange", "InvalidArgument"),
    Reason.READING_ORDER: Row(400, "InvalidReadingOrder", "InvalidArgument"),
    Reason.OPERATION_NOT_FOUND: Row(404, "OperationNotFound"),
    Reason.TIMEOUT: Row(500, "Timeout", "InternalServerError"),
    Reason.UNAVAILABLE: Row(503, "ServiceUnavailable", "ServiceUnavailable"),
    Reason.INTERNAL: Row(500, "InternalServerError", "InternalServerError"),
}


_UNIFIED_MESSAGES: Mapping[Reason, str] = {
    Reason.VISUAL_FEATURE: "Analyze query is invalid.",
    Reason.LANGUAGE_NOT_SUPPORTED: "Analyze query is invalid.",
    Reason.QUERY: "Analyze query is invalid.",
    Reason.IMAGE_FORMAT: "Image format is not valid.",
}
"""4.0's sentence where it is not that of the inner error (6.5)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What an error body has to mention: the call it answers.

    `realm` is the base URL of the surface that was called, for WWW-Authenticate.
    """

    request_id: str
    envelope: Envelope = Envelope.GATEWAY
    version: str = ""
    operation: str = ""
    realm: str = ""


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as it goes out: status, JSON body (UTF-8) and the headers that belong to it."""

    status: int
    code: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(refusal: Refusal, caller: Caller) -> ErrorAnswer:
    """The body of `refusal` in the envelope of the version that was called."""
    row = TABLE[refusal.reason]
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if refusal.retry_after is not None and row.status in (429, 503):
        # Never on another status: azure-core retries whatever error carries it (anchors 5.2).
        headers["Retry-After"] = str(refusal.retry_after)
    if row.gateway or caller.envelope is Envelope.GATEWAY:
        if row.status == 401:
            headers["Content-Type"] = "application/json"
            headers["WWW-Authenticate"] = (
                f'AzureApiManagementKey realm="{caller.realm}",name="Ocp-Apim-Subscription-Key",type="header"'
            )
        code, body = str(row.status), _gateway(row.status, _gateway_message(refusal, caller))
    elif caller.envelope is Envelope.UNIFIED:
        code, body = _unified(refusal, row)
    elif caller.envelope is Envelope.UNION:
        # The Python SDK reads the flat members, ClassifAI the nested ones, seed 2 either: all get theirs.
        code = row.read or row.code if caller.version == "v3.2" else row.code
        said = {"code": code, "message": refusal.message}
        body = {"error": said, **said, "requestId": caller.request_id}
    elif caller.envelope is Envelope.FLAT:
        code = row.code
        body = {"code": code, "requestId": caller.request_id, "message": refusal.message}
    else:
        code = row.inner or row.code
        inner = {"code": code, "message": refusal.message}
        body = {"error": {"code": row.outer, "innererror": inner, "message": refusal.message}}
    if caller.envelope is Envelope.UNIFIED:
        headers["x-ms-error-code"] = code
    return ErrorAnswer(row.status, code, json.dumps(body, ensure_ascii=False).encode(), headers)


def _unified(refusal: Refusal, row: Row) -> tuple[str, dict[str, Any]]:
    """The outer code and the body of 6.5; no inner error where it would only say the outer one again."""
    outer = row.outer if row.status >= 500 or row.outer == row.code else "InvalidRequest"
    error: dict[str, Any] = {"code": outer, "message": _UNIFIED_MESSAGES.get(refusal.reason, refusal.message)}
    if row.code != outer:
        error["innererror"] = {"code": row.inner or row.code, "message": refusal.message}
    return outer, {"error": error}


def _gateway(status: int, message: str) -> dict[str, Any]:
    return {"error": {"code": str(status), "message": message}}


def _gateway_message(refusal: Refusal, caller: Caller) -> str:
    if refusal.reason is Reason.ACCESS_DENIED:
        return _GATEWAY_401
    if refusal.reason is Reason.RESOURCE_NOT_FOUND:
        return "Resource not found"
    if refusal.reason is Reason.TOO_MANY_REQUESTS:
        # Clients parse "Please retry after <n> seconds." (6.2), so the sentence is the live one.
        return (
            f"Requests to the {caller.operation} Operation under Computer Vision API ({caller.version}) have "
            "exceeded rate limit of your current ComputerVision F0 pricing tier. "
            f"Please retry after {refusal.retry_after} seconds. "
            "To increase your rate limit switch to a paid tier."
        )
    return refusal.message
