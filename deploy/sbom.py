"""The image's bill of materials: what cyclonedx-py found of Python, and the Debian packages and models beside it.

    python sbom.py PYTHON.json DEBIAN.tsv OUT.json

`PYTHON.json` is a CycloneDX document; `DEBIAN.tsv` has a line "package, version, architecture" each, as dpkg-query
writes it. Run by the image's own Python, so that the models are those of the installed manifest.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from readstone.engines.manifest import DEFAULT_MODELS, ModelFile

Component = dict[str, Any]


def debian_component(line: str) -> Component:
    """A package as CycloneDX names it; the package URL's version must have its `:` and `+` escaped."""
    name, version, architecture = line.split("\t")
    purl = f"pkg:deb/debian/{quote(name, safe='')}@{quote(version, safe='')}?arch={architecture}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def model_component(model: ModelFile) -> Component:
    """A weights file with its checksum and licence."""
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{model.name}",
        "name": model.name,
        "version": model.version,
        "description": f"{model.purpose}; from {model.distribution} {model.version}",
        "hashes": [{"alg": "SHA-256", "content": model.sha256}],
        "licenses": [{"license": {"name": model.licence}}],
    }


def with_the_rest(python: dict[str, Any], debian: Iterable[str], models: Iterable[ModelFile]) -> dict[str, Any]:
    """The document of Python's packages with the others added, each once."""
    more = [*map(debian_component, debian), *map(model_component, models)]
    return {**python, "components": [*python.get("components", []), *more]}


def main(python: Path, debian: Path, out: Path) -> None:
    """Write the whole document to `out`."""
    lines = sorted(set(filter(None, debian.read_text("utf-8").splitlines())))
    whole = with_the_rest(json.loads(python.read_text("utf-8")), lines, DEFAULT_MODELS)
    out.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
