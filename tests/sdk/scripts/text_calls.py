"""Reads documents through Microsoft's Python SDK, as its user would, and prints as JSON what it made of the answers.

Arguments: endpoint, key, and the calls as JSON: an object of named calls. A call has

    submit, url | path, options     the method that submits a document, its document, its other arguments
    results                         the method that polls; without one, the first method answers at once
    operation                       without a submit: the id to poll
    key                             instead of the common one

All documents are submitted before the first is waited for. Needs nothing but the SDK's own dependencies.
"""

# ruff: noqa: T201 - printing is how it answers

import json
import sys
import time
from enum import Enum

from azure.cognitiveservices.vision.computervision import ComputerVisionClient
from msrest.authentication import CognitiveServicesCredentials
from msrest.exceptions import HttpOperationError
from msrest.serialization import Model

PENDING = ("notstarted", "running")
PATIENCE = 40


def plain(value):
    """What a user finds in the SDK's objects, under the names that the API has for it."""
    if isinstance(value, Model):
        members = {entry["key"]: getattr(value, name) for name, entry in value._attribute_map.items()}
        return {key: plain(member) for key, member in members.items() if member is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def error_of(error):
    if not isinstance(error, HttpOperationError):
        return {"type": type(error).__name__, "text": str(error)}
    return {
        "type": type(error).__name__,
        "text": str(error),
        "status": error.response.status_code,
        "model": plain(error.error) if isinstance(error.error, Model) else None,
    }


class Job:
    def __init__(self, call):
        self.client = ComputerVisionClient(endpoint, CognitiveServicesCredentials(call.get("key", key)))
        self.call = call
        self.operation = call.get("operation")
        self.outcome = {"polls": []}
        self.ended = False

    def step(self, action):
        if not self.ended:
            try:
                action()
            except Exception as error:
                self.outcome["error"] = error_of(error)
                self.ended = True

    def submit(self):
        if "submit" not in self.call:
            return
        method = getattr(self.client, self.call["submit"])
        options = self.call.get("options", {})
        if "url" in self.call:
            answer = method(url=self.call["url"], raw=True, **options)
        else:
            with open(self.call["path"], "rb") as image:
                answer = method(image=image, raw=True, **options)
        if "results" not in self.call:
            self.keep(answer)
            self.ended = True
            return
        assert answer.output is None
        self.outcome["location"] = answer.headers["Operation-Location"]
        self.operation = self.outcome["location"].split("/")[-1]

    def poll(self):
        answer = getattr(self.client, self.call["results"])(self.operation, raw=True)
        self.ended = self.keep(answer)["parsed"]["status"].lower() not in PENDING

    def keep(self, answer):
        seen = {"parsed": plain(answer.output), "body": answer.response.json()}
        if seen not in self.outcome["polls"]:
            self.outcome["polls"].append(seen)
        return seen

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while not self.ended:
            if time.monotonic() > deadline:
                raise TimeoutError("the operation does not end")
            time.sleep(0.05)
            self.poll()


endpoint, key, calls = sys.argv[1:]
jobs = {name: Job(call) for name, call in json.loads(calls).items()}
for job in jobs.values():
    job.step(job.submit)
    job.step(job.poll)
for job in jobs.values():
    job.step(job.wait)
print(json.dumps({name: job.outcome for name, job in jobs.items()}))
