"""Calls /ocr through Microsoft's Python SDK, as its user would, and prints as JSON what the SDK made of the answers.

Arguments: endpoint, key, URL of an image, path of an image, and options of the two calls as JSON.
Needs nothing but the SDK's own dependencies.
"""

# ruff: noqa: T201 - printing is how it answers

import json
import sys

from azure.cognitiveservices.vision.computervision import ComputerVisionClient
from msrest.authentication import CognitiveServicesCredentials
from msrest.exceptions import HttpOperationError


def parsed(result):
    regions = [
        {
            "boundingBox": region.bounding_box,
            "lines": [
                {
                    "boundingBox": line.bounding_box,
                    "words": [{"boundingBox": word.bounding_box, "text": word.text} for word in line.words],
                }
                for line in region.lines
            ],
        }
        for region in result.regions
    ]
    members = {
        "language": result.language,
        "orientation": result.orientation,
        "textAngle": result.text_angle,
        "regions": regions,
    }
    if hasattr(result, "model_version"):
        members["modelVersion"] = result.model_version
    return members


def outcome(call):
    try:
        answer = call()
    except HttpOperationError as error:
        return {
            "error": {
                "type": type(error).__name__,
                "text": str(error),
                "status": error.response.status_code,
                "model": error.error.as_dict() if hasattr(error.error, "as_dict") else None,
            }
        }
    except TypeError as error:  # what the SDK refuses by itself
        return {"error": {"type": type(error).__name__, "text": str(error)}}
    return {"parsed": parsed(answer.output), "body": answer.response.json()}


endpoint, key, url, path, options = sys.argv[1:]
options = json.loads(options)
client = ComputerVisionClient(endpoint, CognitiveServicesCredentials(key))
from_url = outcome(lambda: client.recognize_printed_text(url, raw=True, **options))
with open(path, "rb") as image:
    from_stream = outcome(lambda: client.recognize_printed_text_in_stream(image, raw=True, **options))
print(json.dumps({"url": from_url, "stream": from_stream}))
