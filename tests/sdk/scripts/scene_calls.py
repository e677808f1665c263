"""Has images looked at through Microsoft's Python SDK, as its user would, and prints as JSON what it made of it.

Arguments: endpoint, key, and the calls as JSON: an object of named calls. A call has

    method, url | path, options     the method, the image (none for list_models), the other arguments
    key                             instead of the common one

Needs nothing but the SDK's own dependencies.
"""

# ruff: noqa: T201 - printing is how it answers

import base64
import json
import sys
from enum import Enum

from azure.cognitiveservices.vision.computervision import ComputerVisionClient
from msrest.authentication import CognitiveServicesCredentials
from msrest.exceptions import HttpOperationError
from msrest.serialization import Model


def plain(value):
    """What a user finds in the SDK's objects, under the names that the API has for it."""
    if isinstance(value, Model):
        members = {}
        for name, entry in value._attribute_map.items():
            # The SDK flattens some members: "description.tags" is `tags` of `description`.
            *outer, last = entry["key"].split(".")
            inside = members
            for key in outer:
                inside = inside.setdefault(key, {})
            if getattr(value, name) is not None:
                inside[last] = plain(getattr(value, name))
        return members
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def asked(call):
    client = ComputerVisionClient(endpoint, CognitiveServicesCredentials(call.get("key", key)))
    method = getattr(client, call["method"])
    options = call.get("options", {})
    if "url" in call:
        return method(url=call["url"], raw=True, **options)
    if "path" in call:
        with open(call["path"], "rb") as image:
            return method(image=image, raw=True, **options)
    return method(raw=True, **options)


def outcome(call):
    try:
        answer = asked(call)
        if "thumbnail" in call["method"]:
            data = b"".join(answer.output)
            return {"image": base64.b64encode(data).decode(), "type": answer.response.headers["Content-Type"]}
        return {"parsed": plain(answer.output), "body": answer.response.json()}
    except HttpOperationError as error:
        return {
            "error": {
                "type": type(error).__name__,
                "text": str(error),
                "status": error.response.status_code,
                "model": plain(error.error) if isinstance(error.error, Model) else None,
            }
        }


endpoint, key, calls = sys.argv[1:]
print(json.dumps({name: outcome(call) for name, call in json.loads(calls).items()}))
