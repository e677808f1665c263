"""A scene's English words in another language, as far as a dictionary has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from readstone.domain.scene import Scene, Tag

Dictionary = Callable[[str, str], str | None]
"""English word, language (es ja pt zh) -> its word there, or None when it has no checked one."""

ENGLISH = "en"
_WRITTEN_AS = {"zh-Hans": "zh", "pt-BR": "pt", "pt-PT": "pt"}
"""Codes of tags alone (contract 9.2) whose words are those of another code."""


def worded(scene: Scene, language: str, dictionary: Dictionary) -> Scene:
    """`scene` with its tags in `language`; a word that the dictionary lacks stays English.

    Sentences, categories, objects and brands stay as they are. Two words that become one are told once, with
    the confidence of the likelier.
    """
    if language == ENGLISH:
        return scene
    code = _WRITTEN_AS.get(language, language)

    def word(name: str) -> str:
        return dictionary(name, code) or name

    tags, description = scene.tags, scene.description
    if tags is not None:
        tags = _once(Tag(word(tag.name), tag.confidence, tag.hint and word(tag.hint)) for tag in tags)
    if description is not None:
        description = replace(description, tags=tuple(dict.fromkeys(word(name) for name in description.tags)))
    return replace(scene, tags=tags, description=description)


def _once(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    found: dict[str, Tag] = {}
    for tag in tags:
        other = found.get(tag.name)
        if other is None or other.confidence < tag.confidence:
            found[tag.name] = tag
    return tuple(found.values())
