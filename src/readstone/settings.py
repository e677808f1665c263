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

from readstone.access.rate import parse_rates
from readstone.engines.large.roles import Role, engine_name
from readstone.engines.large.runtime import Device
from readstone.intake.addresses import AllowList
from readstone.intake.proxy import parse_proxy
from readstone.operations.database_url import check_database, without_secrets
from readstone.operations.inputs_choice import check_place

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


class MetricsAccess(StrEnum):
    """Who may see /metrics."""

    OPEN = "open"
    KEY = "key"
    OFF = "off"


class ConfigurationError(Exception):
    """The settings cannot be used; `faults` has one sentence per fault, all of them."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def usable_cores() -> int:
    """Cores this process may run on (a container's or taskset's share, not the machine's)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _engine(what: str, families: str) -> str:
    return f"Engine for {what} ({families}): a folder, a hub id, or one that a package brings (docs/engines.md)."


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
    database: SecretStr | None = Field(
        None,
        description="PostgreSQL that any number of servers and workers share, postgresql://USER:PASSWORD@HOST/NAME "
        "(`pip install readstone[postgres]`). Unset: everything is in the data folder of one machine.",
    )
    read_pages: bool = Field(
        True,
        description="Whether `readstone serve` reads pages of accepted documents itself. Off where `readstone worker` "
        "processes do.",
    )
    inputs: str | None = Field(
        None,
        description="Where accepted documents lie when a database is set: an absolute folder that all machines share, "
        "s3://BUCKET/PREFIX or az://CONTAINER/PREFIX (`pip install readstone[objects]`; credentials as AWS_* or "
        "AZURE_*). Unset: in the database.",
    )
    token_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Signs the tokens of /sts/v1.0/issueToken, 32 characters or more; the same on all processes that "
        "stand behind one address. Unset: made at the first start and kept in the data folder.",
    )
    drain_seconds: float = Field(
        0.0,
        ge=0,
        le=300,
        description="Seconds that `readstone serve` goes on serving after SIGTERM while /ready already answers 503, so "
        "that a balancer sends nothing to a closed port.",
    )
    queue: int = Field(
        32, ge=0, le=100_000, description="Images that may wait for a worker; beyond that callers get 429."
    )
    rate: str | None = Field(
        None,
        description="Calls that each key may make: `20/min`, `10/s`, several with commas (`10/s,1000/day`); beyond "
        "that it gets 429. `readstone keys` gives a key limits of its own. Unset: no limit.",
    )
    backlog_pages: int | None = Field(
        100_000, ge=1, description="Pages of accepted documents that may wait; beyond that submits get 503."
    )
    backlog_pages_per_key: int | None = Field(
        None, ge=1, description="The same for the pages of one key, which then gets 429. Unset: no limit."
    )
    backlog_seconds: float | None = Field(
        None, gt=0, description="Seconds that the oldest page may have waited; beyond that submits get 503. Unset: any."
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
    reader: str = Field("default", description="Reader of text: `default`, or one that an installed package brings.")
    viewer: str = Field("default", description="Viewer of scenes: `default`, or one that an installed package brings.")
    engine_caption: str | None = Field(None, description=_engine("captions and dense captions", "BLIP or Florence-2"))
    engine_tags: str | None = Field(None, description=_engine("tags", "SigLIP or SigLIP 2"))
    engine_vectors: str | None = Field(None, description=_engine("vectors of images and texts", "SigLIP or SigLIP 2"))
    engine_objects: str | None = Field(None, description=_engine("objects and people", "D-FINE or RT-DETR"))
    engine_background: str | None = Field(None, description=_engine("segmenting", "BiRefNet as an ONNX file"))
    engine_handwriting: str | None = Field(None, description=_engine("lines of handwriting", "TrOCR"))
    engine_accept: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Folders of models, a comma list, whose licences you accept by naming them here, without "
        "`readstone models pull`.",
    )
    engine_idle: float = Field(
        15.0, ge=0, le=10_000, description="Minutes without use after which a plugged-in engine is dropped; 0: never."
    )
    engine_device: Device = Field(
        Device.AUTO, description="Where plugged-in engines run: `auto` is a graphics processor where there is one."
    )
    models: Path | None = Field(
        None,
        description="Folder of accepted models, such as one made by `readstone models bundle`. Default: `models` in "
        "the data folder.",
    )
    hub: str | None = Field(
        None, description="Base URL of the model hub for `readstone models pull`. Default: huggingface_hub's own."
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
    metrics: MetricsAccess = Field(
        MetricsAccess.OPEN,
        description="`open`: /metrics, which holds figures alone, asks for no key, as /ready does. `key`: it does, "
        "also as `Authorization: Bearer KEY`. `off`: there is none.",
    )
    otlp_endpoint: str | None = Field(
        None,
        description="Base URL of an OTLP/HTTP collector, to which traces are sent (`pip install "
        "readstone[telemetry]`). Unset: OTEL_EXPORTER_OTLP_ENDPOINT, and without that no traces.",
    )
    log_format: LogFormat = Field(LogFormat.TEXT, description="`text` for people, `json` one object a line.")

    @field_validator("keys", "fetch_allow", "engine_accept", mode="before")
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

    @field_validator("rate")
    @classmethod
    def _rates_parse(cls, value: str | None) -> str | None:
        if value is not None:
            parse_rates(value)
        return value

    @field_validator("database")
    @classmethod
    def _database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_database(value.get_secret_value())
        return value

    @field_validator("inputs")
    @classmethod
    def _inputs_place(cls, value: str | None) -> str | None:
        if value is not None:
            check_place(value)
        return value

    @field_validator("fetch_proxy")
    @classmethod
    def _proxy_parses(cls, value: str | None) -> str | None:
        if value is not None:
            parse_proxy(value)
        return value

    @field_validator("public_url", "otlp_endpoint", "hub")
    @classmethod
    def _absolute_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an absolute http or https URL without query")
        if parts.username is not None or parts.password is not None:
            raise ValueError("must not hold a user or password: it is shown in logs and by `readstone doctor`")
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

    @field_validator(*(f"engine_{role.value}" for role in Role))
    @classmethod
    def _engine_is_named(cls, value: str | None) -> str | None:
        return None if value is None or not value.strip() else engine_name(value).text

    @field_validator("engine_accept")
    @classmethod
    def _accepted_are_named(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(engine_name(name).text for name in value)

    @property
    def engines(self) -> dict[Role, str]:
        """The engines that are chosen, by what they do."""
        named = {role: getattr(self, f"engine_{role.value}") for role in Role}
        return {role: name for role, name in named.items() if name is not None}

    @property
    def models_dir(self) -> Path:
        """Folder of accepted models."""
        return self.models.expanduser() if self.models else self.data_dir / "models"

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
            elif name == "database" and value:
                text = without_secrets(value.get_secret_value())
            elif isinstance(value, SecretStr):
                text = "set (hidden)"
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
