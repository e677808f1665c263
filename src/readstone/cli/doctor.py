"""`readstone doctor`: the effective settings, the models, and what is wrong."""

from __future__ import annotations

import argparse
import os
import platform

import onnxruntime

from readstone import __version__
from readstone.access.keys import KeyFile
from readstone.cli.configuration import add_container_names, add_flags, settings_of
from readstone.cli.ready import is_ready
from readstone.engines.manifest import DEFAULT_MODELS, ModelUnusableError
from readstone.engines.read.scripts_read import about
from readstone.engines.read.tesseract import data_folder
from readstone.plugging import plug_in, unknown_engines
from readstone.settings import Auth, Settings, unknown_names, usable_cores


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    add_flags(parser)
    add_container_names(parser)
    parser.add_argument(
        "--ready", action="store_true", help="only ask the running server or worker: 0 when it is ready, else 1"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print everything; 1 when something is wrong."""
    settings = settings_of(arguments)
    if arguments.ready:
        return 0 if is_ready(settings) else 1
    print(f"readstone {__version__}, Python {platform.python_version()}, {platform.platform()}")
    print(f"onnxruntime {onnxruntime.__version__}, {usable_cores()} usable cores")
    print("\nSettings")
    for name, value in settings.redacted().items():
        print(f"  {name:26} {value}")
    print("\nModels")
    wrong: list[str] = []
    for model in DEFAULT_MODELS:
        print(f"  {model.name:16} {model.distribution} {model.version}  {model.licence}  sha256 {model.sha256}")
        try:
            model.verify()
        except ModelUnusableError as error:
            wrong.append(str(error))
    print("\nScripts that the text recogniser does not know")
    for sentence in about(settings.tessdata):
        print(f"  {sentence}")
    sound, faults = plug_in(settings).introduced()
    print("\nPlugged-in engines")
    for sentence in sound or ["none"]:
        print(f"  {sentence}")
    wrong += [*faults, *unknown_engines(settings), *_doubts(settings)]
    print("\nWhat is wrong" if wrong else "\nNothing is wrong.")
    for sentence in wrong:
        print(f"  {sentence}")
    return 1 if wrong else 0


def _doubts(settings: Settings) -> list[str]:
    doubts = [f"{name} is set, but no setting has that name" for name in unknown_names(os.environ)]
    if settings.tessdata is not None and data_folder(settings.tessdata) is None:
        doubts.append(f"READSTONE_TESSDATA is {settings.tessdata}, but no language data of tesseract lie there")
    if settings.auth is Auth.OPEN and settings.host not in ("127.0.0.1", "::1", "localhost"):
        doubts.append(f"READSTONE_AUTH is open and READSTONE_HOST is {settings.host}: anyone who reaches it may call")
    if settings.auth is Auth.KEYS and not settings.keys and settings.data_dir.is_dir():
        try:
            if not KeyFile(settings.data_dir).records():
                doubts.append("there is no key yet; the first `readstone serve` makes one")
        except (OSError, ValueError, TypeError) as error:
            doubts.append(f"the stored keys in {settings.data_dir} cannot be read: {error}")
    if settings.workers > usable_cores():
        doubts.append(f"READSTONE_WORKERS is {settings.workers}, but there are {usable_cores()} usable cores")
    if (
        settings.tls_cert is None
        and settings.public_url is None
        and settings.host not in ("127.0.0.1", "::1", "localhost")
    ):
        doubts.append("keys travel in the clear: set READSTONE_TLS_CERT, or READSTONE_PUBLIC_URL when a proxy does TLS")
    return doubts + _doubts_of_many(settings)


def _doubts_of_many(settings: Settings) -> list[str]:
    """What is wrong where several processes are one service (docs/workers.md)."""
    if settings.database is None:
        return ["READSTONE_INPUTS is set, but has no effect without READSTONE_DATABASE"] if settings.inputs else []
    doubts = []
    if settings.auth is Auth.KEYS and not settings.keys:
        doubts.append("READSTONE_KEYS is unset: a key of this machine is refused by servers on other machines")
    if settings.auth is Auth.KEYS and settings.token_secret is None:
        doubts.append("READSTONE_TOKEN_SECRET is unset: a token of this server is refused by the others")
    return doubts
