"""The settings of Azure's own Read container, under its names: a compose file works with only the image changed.

They come as `Name=Value` arguments or from the environment, sections joined by `:` or `__`; the names are those of
Microsoft's page "Configure Read OCR Docker containers" (v2.0 and v3.x). As arguments they are read in any letter case,
as ASP.NET does; in the environment only as Microsoft writes them: somebody else's APIKEY must not become a key of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from readstone.settings import ConfigurationError, LogLevel


@dataclass(frozen=True, slots=True)
class Given:
    """`settings`: fields of `Settings` and their values. `ignored`: names that were given and change nothing."""

    settings: Mapping[str, Any]
    ignored: tuple[str, ...]


def given(arguments: Iterable[str], environ: Mapping[str, str]) -> Given:
    """What the container's names say, an argument winning over the environment.

    Raises ConfigurationError that names every argument the container does not have, and every unusable value.
    """
    values = {name: value for name, value in environ.items() if _known(name, exactly=True)}
    faults = []
    for argument in arguments:
        name, separator, value = argument.partition("=")
        if separator and _known(name):
            values[name] = value
        else:
            faults.append(f"{name}: no command, flag or setting of Azure's container (Name=Value) has that name")
    settings: dict[str, Any] = {}
    ignored: list[str] = []
    for name, value in values.items():
        field, convert = _MEANINGS.get(_plain(name), (None, str))
        if field is None:
            ignored.append(name)
            continue
        try:
            settings[field] = convert(value)
        except ValueError as fault:
            faults.append(f"{name}: {fault}")
    if faults:
        raise ConfigurationError(faults)
    return Given(settings, tuple(ignored))


def _plain(name: str) -> str:
    return name.replace("__", ":").lower()


def _known(name: str, *, exactly: bool = False) -> bool:
    plain, joined = _plain(name), name.replace("__", ":")
    if joined in _NAMES or joined.startswith(_SECTIONS):
        return True
    return not exactly and (plain in _MEANINGS or plain.startswith(tuple(s.lower() for s in _SECTIONS)))


def _whole(low: int, high: int, hours: float) -> Callable[[str], float]:
    """Reads a number from `low` to `high` of units of so many hours."""

    def convert(text: str) -> float:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text) * hours

    return convert


def _level(text: str) -> LogLevel:
    if text.lower() not in _LEVELS:
        raise ValueError(f"must be one of {', '.join(_LEVELS)}")
    return _LEVELS[text.lower()]


_LEVELS = {
    "trace": LogLevel.DEBUG,
    "debug": LogLevel.DEBUG,
    "information": LogLevel.INFO,
    "warning": LogLevel.WARNING,
    "error": LogLevel.ERROR,
    "critical": LogLevel.ERROR,
    "none": LogLevel.ERROR,
}
_NAMES: dict[str, tuple[str | None, Callable[[str], Any]]] = {
    # There it names who pays; here it is a key that callers present.
    "ApiKey": ("keys", str),
    "Eula": (None, str),
    "Billing": (None, str),
    "Storage:TimeToLiveInDays": ("result_hours", _whole(1, 7, 24)),
    "StorageTimeToLiveInMinutes": ("result_hours", _whole(60, 10080, 1 / 60)),
    # v2.0; its 0, "when they were fetched", is not offered: a second poll would find nothing.
    "ReadEngineConfig:ResultExpirationPeriod": ("result_hours", _whole(1, 168, 1)),
    "Mounts:Shared": ("data_dir", str),
    "Logging:Console:LogLevel:Default": ("log_level", _level),
    "Task:MaxRunningTimeSpanInMinutes": (None, str),
    "EnableSyncNTPServer": (None, str),
}
_MEANINGS = {name.lower(): meaning for name, meaning in _NAMES.items()}
# Whatever else they hold: telemetry, and how its replicas shared their work (here: READSTONE_DATABASE).
_SECTIONS = ("ApplicationInsights:", "Cache:", "Fluentd:", "Logging:", "Mounts:", "Queue:", "Storage:")
