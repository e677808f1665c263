"""Bundles Microsoft's definitions (MIT) into one OpenAPI 2 file a version under src/readstone/api/specs.

Text and image operations stand in two files upstream, with parameters in a third. Here they become one:
references inlined or made local, generator devices (x-ms-*) and examples dropped, the two ways to send an
image told in `consumes`. Run: python tools/openapi/bundle.py SPECS_FOLDER
(the folder that holds `specification/`).
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "src/readstone/api/specs"
FAMILY = "specification/cognitiveservices/data-plane/ComputerVision"
VERSIONS = {
    "v1.0": "stable/v1.0",
    "v2.0": "stable/v2.0",
    "v2.1": "stable/v2.1",
    "v3.0-preview": "preview/v3.0-preview",
    "v3.0": "stable/v3.0",
    "v3.1-preview.2": "preview/v3.1-preview.2",
    "v3.1": "stable/v3.1",
    "v3.2-preview": "preview/v3.2-preview.2",
    "v3.2": "stable/v3.2",
}
UNIFIED_FAMILY = "specification/cognitiveservices/data-plane/UnifiedVision"
UNIFIED_VERSIONS = {
    "2023-02-01-preview": "preview/2023-02-01-preview",
    "2023-04-01-preview": "preview/2023-04-01-preview",
    "2023-10-01": "stable/2023-10-01",
    "2024-02-01": "stable/2024-02-01",
}
UNIFIED_BASE = "/computervision"
KEY = {"apim_key": {"type": "apiKey", "name": "Ocp-Apim-Subscription-Key", "in": "header"}}
"""Upstream's files of Image Analysis 4.0 leave out both: their paths are below the one and need the other."""
IMAGE_BODIES = ["application/json", "application/octet-stream", "multipart/form-data"]


def main(specs: Path) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(next(specs.glob("LICENSE*")), TARGET / "LICENSE-azure-rest-api-specs.txt")
    for version, folder in VERSIONS.items():
        files = [p for p in (specs / FAMILY / folder / n for n in ("ComputerVision.json", "Ocr.json")) if p.is_file()]
        write(version, bundle(version, files))
    for version, folder in UNIFIED_VERSIONS.items():
        write(version, bundle(version, [specs / UNIFIED_FAMILY / folder / "UnifiedVision.json"]))


def write(version: str, merged: dict[str, Any]) -> None:
    (TARGET / f"{version}.json").write_text(json.dumps(merged, indent=1, ensure_ascii=False) + "\n", "utf-8")


def bundle(version: str, files: list[Path]) -> dict[str, Any]:
    documents = [(path, json.loads(path.read_text("utf-8-sig"))) for path in files]
    first = documents[0][1]
    merged: dict[str, Any] = {
        "swagger": "2.0",
        "info": {**first["info"], "version": version},
        "basePath": first.get("basePath", UNIFIED_BASE),
        "securityDefinitions": first.get("securityDefinitions", KEY),
        "security": first.get("security", [{name: [] for name in KEY}]),
        "paths": {},
        "definitions": {},
        "parameters": {},
    }
    for path, document in documents:
        renamed = clashes(merged, document)
        cleaned = clean(document, path, renamed)
        for name in ("definitions", "parameters"):
            for key, value in cleaned.get(name, {}).items():
                merged[name][renamed.get(key, key)] = value
        for route, methods in cleaned["paths"].items():
            merged["paths"][route] = methods
            for method, operation in methods.items():
                if method == "post":
                    operation["consumes"] = IMAGE_BODIES
    # Upstream's region and endpoint parameters only served its host template.
    merged["parameters"] = {
        k: v for k, v in merged["parameters"].items() if v.get("in") != "path" or "operation" in k.lower()
    }
    return merged


def clashes(merged: dict[str, Any], document: dict[str, Any]) -> dict[str, str]:
    """Definitions of the same name and another content get a name of their own."""
    return {
        key: f"{key}_Text"
        for name in ("definitions", "parameters")
        for key, value in document.get(name, {}).items()
        if key in merged[name] and merged[name][key] != clean(value, Path(), {})
    }


def clean(node: Any, origin: Path, renamed: dict[str, str], foreign: Any = None) -> Any:
    """`node` without generator devices. `foreign`: the document it came from when that is not merged whole,
    so that references inside it are inlined too."""
    if isinstance(node, list):
        return [clean(item, origin, renamed, foreign) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        file, _, pointer = reference.partition("#")
        if file:
            other = origin.parent / file
            document = json.loads(other.read_text("utf-8-sig"))
            return clean(resolve(document, pointer), other, renamed, document)
        if foreign is not None:
            return clean(resolve(foreign, pointer), origin, renamed, foreign)
        head, _, name = pointer.rpartition("/")
        return {"$ref": f"#{head}/{renamed.get(name, name)}"}
    return {key: clean(value, origin, renamed, foreign) for key, value in node.items() if not key.startswith("x-ms-")}


def resolve(document: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


if __name__ == "__main__":
    main(Path(sys.argv[1]))
