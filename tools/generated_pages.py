"""Writes the pages of docs/ that are made from the product itself; `--check` only compares.

settings.md comes from the class of settings. compatibility.md comes from build/compatibility.json, where
a full test run records which operation of which version was proved by tests that passed.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from readstone.settings import Settings, env_name

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RECORD = ROOT / "build" / "compatibility.json"


@dataclass(frozen=True, slots=True)
class Generation:
    """One of Azure's two interfaces: its versions, and each operation's name in the record, route and versions."""

    title: str
    versions: tuple[str, ...]
    operations: tuple[tuple[str, str, tuple[str, ...]], ...]


V = ("v1.0", "v2.0", "v2.1", "v3.0", "v3.1", "v3.2")
PREVIEWS = ("2023-02-01-preview", "2023-04-01-preview")
GENERATIONS = (
    Generation(
        "Computer Vision v1.0 to v3.2: `/vision/{version}`",
        V,
        (
            ("ocr", "POST /ocr", V),
            ("recognizeText", "POST /recognizeText, GET /textOperations/{id}", V[:3]),
            ("asyncBatchAnalyze", "POST /read/core/asyncBatchAnalyze, GET /read/operations/{id}", V[1:3]),
            ("read", "POST /read/analyze, GET /read/analyzeResults/{id}", V[3:]),
            ("analyze", "POST /analyze", V),
            ("describe", "POST /describe", V),
            ("tag", "POST /tag", V),
            ("detect", "POST /detect", V[1:]),
            ("areaOfInterest", "POST /areaOfInterest", V[1:]),
            ("generateThumbnail", "POST /generateThumbnail", V),
            ("models", "GET /models", V),
            ("domain", "POST /models/{model}/analyze", V),
        ),
    ),
    Generation(
        "Image Analysis 4.0: `/computervision`, `api-version=`",
        (*PREVIEWS, "2023-10-01", "2024-02-01"),
        (
            ("imageanalysis:analyze", "POST /imageanalysis:analyze", (*PREVIEWS, "2023-10-01", "2024-02-01")),
            ("imageanalysis:segment", "POST /imageanalysis:segment", PREVIEWS),
            ("retrieval:vectorizeImage", "POST /retrieval:vectorizeImage", (*PREVIEWS, "2024-02-01")),
            ("retrieval:vectorizeText", "POST /retrieval:vectorizeText", (*PREVIEWS, "2024-02-01")),
        ),
    ),
)
KINDS = {
    "contract": "bodies and errors against the contract and Microsoft's definitions",
    "sdk": "Microsoft's own SDK or sample, unmodified",
    "api": "behaviour of the running server",
    "accuracy": "the text read is right",
    "security": "hostile input",
    "browser": "a web page in a browser",
}
MARK = "This page is generated (`make docs`); do not edit it."


def settings_page() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        factory = field.default_factory
        if name == "data_dir":
            default = "the user's data folder, e.g. `~/.local/share/readstone`"
        elif factory is not None:
            default = "see text"
        else:
            value = field.get_default()
            default = "unset" if value in (None, ()) else f"`{value}`"
        rows.append(f"| `{env_name(name)}` | `--{name.replace('_', '-')}` | {default} | {field.description} |")
    return "\n".join(
        [
            "# Settings",
            "",
            MARK,
            "",
            "Each setting is an environment variable and a flag of `readstone serve`; a flag wins over the variable.",
            "All faults of a configuration are reported at once and the process exits with status 2.",
            "`readstone doctor` prints the effective settings, keys covered.",
            "",
            "| variable | flag | default | meaning |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def compatibility_page() -> str:
    record = json.loads(RECORD.read_text("utf-8"))
    proved: dict[tuple[str, str], set[str]] = {}
    broken = {(row["operation"], row["version"]) for row in record if not row["passed"]}
    for row in record:
        proved.setdefault((row["operation"], row["version"]), set()).add(row["kind"])
    shown = {operation for generation in GENERATIONS for operation, _, _ in generation.operations}
    unknown = {operation for operation, _ in proved} - shown
    if unknown:
        raise SystemExit(f"tests cover operations that no row shows: {sorted(unknown)}")
    used = sorted({kind for kinds in proved.values() for kind in kinds})
    tables = [line for generation in GENERATIONS for line in table(generation, proved, broken)]
    return "\n".join(
        [
            "# Compatibility",
            "",
            MARK,
            "",
            "A tick means that every test of that operation in that version passed; after it stand the kinds of",
            "test there are. A dash: Azure never had the operation in that version. What is not there yet is",
            "answered with the contract's own 404 body, never with something made up. The two `retrieval` operations",
            "want a model that you plug in ([engines](engines.md)); without one they answer 400 and say so.",
            "",
            *tables,
            *(f"- **{kind}**: {KINDS[kind]}" for kind in used),
            "",
        ]
    )


def table(generation: Generation, proved: dict[tuple[str, str], set[str]], broken: set[tuple[str, str]]) -> list[str]:
    rows = []
    for operation, route, versions in generation.operations:
        cells = []
        for version in generation.versions:
            kinds = proved.get((operation, version), set())
            if version not in versions:
                cells.append("–")
            elif kinds and (operation, version) not in broken:
                cells.append(f"✓ {', '.join(sorted(kinds))}")
            else:
                cells.append("not yet: 404")
        rows.append(f"| `{route}` | {' | '.join(cells)} |")
    head = f"| operation | {' | '.join(generation.versions)} |"
    return [f"## {generation.title}", "", head, "| --- |" + " --- |" * len(generation.versions), *rows, ""]


def main() -> int:
    check = "--check" in sys.argv[1:]
    pages = {"settings.md": settings_page()}
    if RECORD.is_file():
        pages["compatibility.md"] = compatibility_page()
    elif check:
        print("no record of a test run: run the tests first")
        return 1
    stale = [name for name, text in pages.items() if _current(DOCS / name) != text]
    if check:
        for name in stale:
            print(f"docs/{name} is out of date: run `make docs` after the tests and commit it")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(pages[name], "utf-8")
        print(f"wrote docs/{name}")
    return 0


def _current(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
