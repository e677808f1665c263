"""Bodies against Microsoft's definitions, from the copy that the server itself describes its API with."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from readstone.api.openapi import bundled

VERSIONS = ("v1.0", "v2.0", "v2.1", "v3.0", "v3.1", "v3.2")
FLAT_ERRORS = VERSIONS[:-1]


def validate(version: str, definition: str, body: object) -> None:
    """Raise when `body` is not a `definition` of that version.

    Definitions of OpenAPI 2 are JSON Schema draft 4, but for x-nullable and formats that are not checked.
    """
    description = bundled(version)
    schema: dict[str, Any] = {**description["definitions"][definition], "definitions": description["definitions"]}
    jsonschema.Draft4Validator(json.loads(json.dumps(schema))).validate(body)


def success_definition(version: str, path: str, method: str = "post") -> str:
    """The definition of an operation's 200 body."""
    schema = bundled(version)["paths"][path][method]["responses"]["200"]["schema"]
    return str(schema["$ref"]).rpartition("/")[2]
