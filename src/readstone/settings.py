"""Every setting of the server, once: environment `READSTONE_*`, the flags of `readstone serve`, defaults.

The same class makes the flags (`readstone.cli.serve`), the page docs/settings.md and the output of
`readstone doctor`; the description of a field is what all three print.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from readstone.intake.addresses import AllowList
from readstone.intake.proxy import parse_proxy

ENV_PREFIX = "READSTONE_"


class Auth(StrEnum):
    """Who may call."""

    KEYS = "keys"
    OPEN = "open"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log record is written."""

    TEXT = "text"
    JSON = "json"


class ConfigurationError(Exception):
    """The settings cannot be used; `faults` has one sentence per fault, all of them."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def usable_cores() -> int:
    """Cores this process may run on (a container's or taskset's share, not the machine's)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """Settings of one server."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(5000, ge=0, le=65535, description="TCP port to listen on; 0 picks a free one.")
    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("readstone"),
        description="Folder for what outlives the process: hashed keys, the token secret.",
    )
    keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Accepted keys, a comma list, beside those of `readstone keys`. "
        "When unset and none is stored, one is generated, stored hashed and printed once.",
    )
    auth: Auth = Field(Auth.KEYS, description="`keys`: a valid key or token is needed. `open`: anyone may call.")
    fetch_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts, addresses or CIDRs, a comma list, that image URLs may point to although they are "
        "private. Empty: only public addresses.",
    )
    fetch_timeout: float = Field(
        30.0, gt=0, le=600, description="Seconds for fetching one image URL, redirects and body included."
    )
    fetch_proxy: str | None = Field(
        None,
        description="HTTP proxy for image URLs. HTTP_PROXY and its like are not read from the environment.",
    )
    public_url: str | None = Field(
        None,
        description="How clients see this server, e.g. https://vision.example.com, when a proxy stands before it. "
        "Unset: the Host header of each request.",
    )
    workers: int = Field(
        default_factory=usable_cores,
        ge=1,
        le=256,
        description="Images read at the same time. Default: the usable cores.",
    )
    queue: int = Field(
        32, ge=0, le=100_000, description="Images that may wait for a worker; beyond that callers get 429."
    )
    header_timeout: float = Field(
        20.0,
        gt=0,
        le=600,
        description="Seconds a client has to send a request's headers, from its first byte or from connecting on; "
        "then it is disconnected.",
    )
    upload_timeout: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="Seconds a client has to send its request body, and as many again for each 50 MB of it.",
    )
    max_image_bytes: int | None = Field(
        None,
        ge=1,
        description="Bytes of one image, in place of the contract's limit of each version and route.",
    )
    max_image_side: int | None = Field(
        None,
        ge=50,
        le=65_500,
        description="Pixels of one side, in place of the contract's limit of each route.",
    )
    max_pages: int | None = Field(
        None, ge=1, le=10_000, description="Pages of one document that are read, in place of the contract's limit."
    )
    tessdata: Path | None = Field(
        None,
        description="Folder of tesseract's language data, for scripts that the built-in recogniser does not know. "
        "Default: TESSDATA_PREFIX, then the usual folders.",
    )
    age_and_gender: bool = Field(
        False,
        description="Whether `faces` tell an age and a gender, guessed from the face, as Azure did until 2022.",
    )
    result_hours: float = Field(
        48.0, ge=1, le=168, description="Hours that results of text operations are kept, across restarts."
    )
    tls_cert: Path | None = Field(None, description="PEM file with the certificate chain; switches HTTPS on.")
    tls_key: Path | None = Field(None, description="PEM file with the certificate's private key.")
    log_level: LogLevel = Field(LogLevel.INFO, description="Least severe record that is logged.")
    log_format: LogFormat = Field(LogFormat.TEXT, description="`text` for people, `json` one object a line.")

    @field_validator("keys", "fetch_allow", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(item.strip() for item in value.split(",") if item.strip())
        return value

    @field_validator("fetch_allow")
    @classmethod
    def _allow_list_parses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        AllowList.parse(value)
        return value

    @field_validator("fetch_proxy")
    @classmethod
    def _proxy_parses(cls, value: str | None) -> str | None:
        if value is not None:
            parse_proxy(value)
        return value

    @field_validator("public_url")
    @classmethod
    def _absolute_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an absolute http or https URL without query")
        return value.rstrip("/")

    @field_validator("tls_cert", "tls_key")
    @classmethod
    def _readable_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("no such file")
        return value

    @field_validator("data_dir")
    @classmethod
    def _usable_folder(cls, value: Path) -> Path:
        folder = value.expanduser()
        nearest = next(p for p in (folder, *folder.absolute().parents) if p.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            raise ValueError(f"cannot be created or written: {nearest} is not a writable folder")
        return folder

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("READSTONE_TLS_CERT and READSTONE_TLS_KEY belong together: set both or neither")
        return self

    @property
    def local_url(self) -> str:
        """Where a client on this machine finds the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - looked up, not bound
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        return f"{'https' if self.tls_cert else 'http'}://{host}:{self.port}"

    def redacted(self) -> dict[str, str]:
        """Every setting by its environment name, as text, secrets covered."""
        shown: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if name == "keys":
                text = f"{len(value)} set (hidden)" if value else "none set"
            elif name == "fetch_proxy" and value:
                text = "set (hidden: it may hold a password)"
            elif isinstance(value, tuple):
                text = ",".join(value)
            else:
                text = "" if value is None else str(value)
            shown[env_name(name)] = text
        return shown


def env_name(field: str) -> str:
    """The environment variable of a field."""
    return f"{ENV_PREFIX}{field.upper()}"


def load(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings from the environment, `overrides` (flags) winning.

    Raises ConfigurationError that names every fault at once.
    """
    try:
        return Settings(**dict(overrides or {}))
    except ValidationError as error:
        faults = []
        for fault in error.errors(include_url=False, include_context=False):
            where = env_name(str(fault["loc"][0])) if fault["loc"] else "settings"
            # The offending value is not repeated: it may be a key.
            faults.append(f"{where}: {fault['msg'].removeprefix('Value error, ')}")
        raise ConfigurationError(faults) from None


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """READSTONE_* variables that no setting reads: most likely misspelt."""
    known = {env_name(name) for name in Settings.model_fields}
    return sorted(n for n in environ if n.upper().startswith(ENV_PREFIX) and n.upper() not in known)
