"""Has images analysed through Microsoft's Python SDK of Image Analysis 4.0, as its user would, and prints as JSON what
it made of it.

Arguments: endpoint, key, and the calls as JSON: an object of named calls. A call has

    url | path, features            the image, what is asked for, by the API's names
    options                         other arguments of the method
    client                          other arguments of the client's constructor
    key | token                     instead of the common key
    asynchronous                    whether the asynchronous client is to be used

Needs nothing but the SDK's own dependencies, and aiohttp.
"""

# ruff: noqa: T201 - printing is how it answers

import asyncio
import json
import sys
import time

from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import HttpResponseError


class Credential:
    """What a user's DefaultAzureCredential would be."""

    def __init__(self, token):
        self.token = AccessToken(token, int(time.time()) + 600)

    def get_token(self, *scopes, **options):
        return self.token


class AsynchronousCredential(Credential):
    async def get_token(self, *scopes, **options):
        return self.token


def credential(call):
    if "token" in call:
        return (AsynchronousCredential if call.get("asynchronous") else Credential)(call["token"])
    return AzureKeyCredential(call.get("key", key))


def arguments(call):
    return {"visual_features": [VisualFeatures(name) for name in call["features"]], **call.get("options", {})}


def ask(client, call):
    if "url" in call:
        return client.analyze_from_url(image_url=call["url"], **arguments(call))
    with open(call["path"], "rb") as image:
        return client.analyze(image_data=image.read(), **arguments(call))


async def ask_asynchronously(call):
    async with aio.ImageAnalysisClient(endpoint, credential(call), **call.get("client", {})) as client:
        return await ask(client, call)


def attributes(result):
    """What a user reads, by the SDK's attributes."""
    told = {"model_version": result.model_version, "size": [result.metadata.width, result.metadata.height]}
    if result.caption is not None:
        told["caption"] = [result.caption.text, result.caption.confidence]
    if result.dense_captions is not None:
        told["dense_captions"] = [[c.text, c.confidence, place(c.bounding_box)] for c in result.dense_captions.list]
    if result.tags is not None:
        told["tags"] = [[tag.name, tag.confidence] for tag in result.tags.list]
    if result.objects is not None:
        told["objects"] = [
            [[[tag.name, tag.confidence] for tag in thing.tags], place(thing.bounding_box)]
            for thing in result.objects.list
        ]
    if result.people is not None:
        told["people"] = [[person.confidence, place(person.bounding_box)] for person in result.people.list]
    if result.smart_crops is not None:
        told["smart_crops"] = [[crop.aspect_ratio, place(crop.bounding_box)] for crop in result.smart_crops.list]
    if result.read is not None:
        told["read"] = [
            [
                [line.text, corners(line), [[word.text, word.confidence, corners(word)] for word in line.words]]
                for line in block.lines
            ]
            for block in result.read.blocks
        ]
    return told


def place(box):
    return [box.x, box.y, box.width, box.height]


def corners(item):
    return [[point.x, point.y] for point in item.bounding_polygon]


def outcome(call):
    try:
        if call.get("asynchronous"):
            result = asyncio.run(ask_asynchronously(call))
        else:
            result = ask(ImageAnalysisClient(endpoint, credential(call), **call.get("client", {})), call)
        return {"told": attributes(result), "body": result.as_dict()}
    except HttpResponseError as error:
        model = error.error
        return {
            "error": {
                "type": type(error).__name__,
                "status": error.status_code,
                "reason": error.reason,
                "message": error.message,
                "code": model and model.code,
                "inner": model and model.innererror,
            }
        }


endpoint, key, calls = sys.argv[1:]
print(json.dumps({name: outcome(call) for name, call in json.loads(calls).items()}))
