"""What the settings say of engines, put together: the built-in ones, and those that are plugged in."""

from __future__ import annotations

from readstone.engines.large.plugged import Choices, Plugged
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import SceneViewer, TextReader
from readstone.engines.recognisers import with_recognisers
from readstone.engines.registry import create_reader, create_viewer, reader_names, viewer_names
from readstone.settings import Settings

# The two rooms below are imported late, as the built-in reader and viewer are: they know these.


def engine_choices(settings: Settings) -> Choices:
    """The part of the settings that plugged-in engines know."""
    return Choices(
        names=settings.engines,
        shelf=settings.models_dir,
        accepted=frozenset(settings.engine_accept),
        idle_seconds=60 * settings.engine_idle,
        threads=settings.workers,
        device=settings.engine_device,
    )


def plug_in(settings: Settings) -> Plugged:
    """The engines that the settings choose, none of them loaded yet."""
    return Plugged(engine_choices(settings))


def unknown_engines(settings: Settings) -> list[str]:
    """What is wrong with the names of the reader and the viewer."""
    chosen = (
        ("READSTONE_READER", settings.reader, reader_names()),
        ("READSTONE_VIEWER", settings.viewer, viewer_names()),
    )
    return [
        f"{setting}: none is called {name!r}; installed: {', '.join(known)}"
        for setting, name, known in chosen
        if name not in known
    ]


def check_engines(settings: Settings, plugged: Plugged) -> None:
    """Raises ModelUnusableError that names everything that is wrong with the chosen engines; see `Plugged.check`."""
    faults = unknown_engines(settings)
    try:
        plugged.check()
    except ModelUnusableError as fault:
        faults.append(str(fault))
    if faults:
        raise ModelUnusableError("; ".join(faults))


def reader_of(settings: Settings, plugged: Plugged) -> TextReader:
    """The reader that the settings choose, loaded and warm. Raises as `create_reader`."""
    reader = create_reader(settings.reader, threads=settings.workers, tessdata=settings.tessdata)
    if plugged.handwriting is None:
        return reader
    from readstone.engines.large.handwriting import with_handwriting

    return with_handwriting(reader, plugged)


def viewer_of(settings: Settings, plugged: Plugged) -> SceneViewer:
    """The viewer that the settings choose, loaded and warm. Raises as `create_viewer`."""
    viewer = with_recognisers(create_viewer(settings.viewer, threads=settings.workers))
    from readstone.engines.large.viewer import with_plugged

    return with_plugged(viewer, plugged)
