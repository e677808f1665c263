"""The Grafana board, the alert rules and their page name what the server really tells, in PromQL that parses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from pictures import drawn, encoded
from readers import FixedReader
from serving import KEY, server_in_thread
from viewers import FixedViewer

ROOT = Path(__file__).parents[2]
BOARD = json.loads((ROOT / "deploy" / "grafana" / "readstone.json").read_text())
RULES = [
    rule for group in yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
PAGE = (ROOT / "docs" / "observability.md").read_text()
# Which of its own labels a Prometheus adds to everything.
ADDED = {"job", "instance"}
GRAFANAS = {"$__rate_interval": "5m", "$job": ".*", "$instance": ".*"}
AGREED = """
    http_requests_total http_request_duration_seconds http_requests_in_flight operations
    operation_oldest_queued_seconds operation_duration_seconds pages_total stage_duration_seconds
    intake_refused_total rate_limited_total worker_restarts_total lease_reclaims_total store_used_ratio
    model_info build_info
"""


def plain(expression: str) -> str:
    for name, value in GRAFANAS.items():
        expression = expression.replace(name, value)
    return expression


EXPRESSIONS = {
    **{
        f"{panel['id']} {panel['title']} {target['refId']}": plain(target["expr"])
        for panel in BOARD["panels"]
        for target in panel.get("targets", ())
    },
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{
        f"variable {variable['name']}": "count(" + re.sub(r"label_values\((.*), \w+\)", r"\1", plain(query)) + ")"
        for variable in BOARD["templating"]["list"]
        if (query := variable["query"]["query"] if isinstance(variable["query"], dict) else "")
    },
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """Every name that a server tells after some traffic, each with its labels."""
    picture = encoded(drawn(size=(120, 80)))
    headers = {"Ocp-Apim-Subscription-Key": KEY, "Content-Type": "application/octet-stream"}
    with server_in_thread(tmp_path_factory.mktemp("board"), FixedReader, FixedViewer, queue=0, workers=1) as server:
        for path in ("ocr", "tag", "nowhere"):
            requests.post(f"{server.url}/vision/v3.2/{path}", data=picture, headers=headers, timeout=30)
        submitted = requests.post(f"{server.url}/vision/v3.2/read/analyze", data=picture, headers=headers, timeout=30)
        results, until = submitted.headers["Operation-Location"], time.monotonic() + 30
        while requests.get(results, headers=headers, timeout=30).json()["status"] != "succeeded":
            assert time.monotonic() < until
            time.sleep(0.05)
        text = requests.get(f"{server.url}/metrics", timeout=30).text
    found: defaultdict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(text):
        # A counter that has not counted yet tells its name alone; its samples will have this one.
        found[f"{family.name}_total" if family.type == "counter" else family.name] |= set()
        for sample in family.samples:
            found[sample.name] |= set(sample.labels)
    return found


def names(expression: str) -> set[str]:
    bare = re.sub(r'"[^"]*"', '""', expression)
    return set(re.findall(r"\b(?:readstone|process)_\w+", bare))


@pytest.mark.parametrize("title", EXPRESSIONS)
def test_every_series_is_told(told: Mapping[str, set[str]], title: str) -> None:
    expression = EXPRESSIONS[title]
    assert names(expression)
    for name in names(expression):
        assert name in told, f"no server tells {name}"
    for name, selectors in re.findall(r"\b((?:readstone|process)_\w+)\{([^}]*)\}", expression):
        if told[name]:
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selectors))
            assert labels <= told[name] | ADDED, f"{name} has no {labels - told[name] - ADDED}"
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", group)}
    known = set().union(*(told[name] for name in names(expression))) | ADDED
    if all(told[name] for name in names(expression)):
        assert grouped <= known


@pytest.mark.parametrize("title", EXPRESSIONS)
def test_promql_is_well_formed(title: str) -> None:
    expression = EXPRESSIONS[title]
    bare = re.sub(r'"[^"]*"', '""', expression)
    assert bare.count('"') % 2 == 0
    open_ones: list[str] = []
    for sign in bare:
        if sign in "([{":
            open_ones.append(sign)
        elif sign in ")]}":
            assert open_ones, f"a bracket too many in {expression}"
            assert open_ones.pop() + sign in ("()", "[]", "{}")
    assert not open_ones
    # rate and increase are of counters, over a range.
    for inner in re.findall(r"(?:rate|increase)\(([^()]*)\)", bare):
        assert re.fullmatch(r"\w+_(total|bucket|sum|count)(\{[^}]*\})?\[\w+\]", inner), inner


@pytest.mark.parametrize("title", EXPRESSIONS)
def test_promql_parses(title: str) -> None:
    promql_parser = pytest.importorskip("promql_parser", reason="promql-parser is not installed")
    promql_parser.parse(EXPRESSIONS[title])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
@pytest.mark.parametrize("judged", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts.test.yaml")])
def test_prometheus_own_tool_agrees(judged: tuple[str, ...]) -> None:
    """The rules load; each fires in its case and keeps quiet in the other."""
    said = subprocess.run(["promtool", *judged], cwd=ROOT / "deploy", capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_agreed_names_are_told_and_described(told: Mapping[str, set[str]]) -> None:
    described = set(re.findall(r"^\| `(readstone_\w+)`", PAGE, re.MULTILINE))
    agreed = {f"readstone_{name}" for name in AGREED.split()}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told if name.startswith("readstone_")}
    assert agreed <= families
    assert described == families
    rows = re.findall(r"^\| `(readstone_\w+)` \| ([^|]*)\|", PAGE, re.MULTILINE)
    assert len(rows) == len(described)
    for name, labels in rows:
        sampled = told.get(f"{name}_count") or told[name]
        if sampled:
            assert {label.strip() for label in labels.split(",") if label.strip()} == sampled


def test_six_rules_with_a_page_each() -> None:
    assert len(RULES) == 6
    headings = set(re.findall(r"^### (\w+)$", PAGE, re.MULTILINE))
    assert headings == {rule["alert"] for rule in RULES}
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/observability.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert re.fullmatch(r"\d+m", rule["for"])
        section = PAGE.split(f"### {rule['alert']}\n")[1].split("\n### ")[0]
        for part in ("Check:", "Means:", "Do:"):
            assert section.count(part) == 1


def test_the_board_can_be_imported() -> None:
    """What Grafana insists on: its own ids once each, a place on the grid of 24 for each panel, no two on one spot."""
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        spots = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not spots & taken
        taken |= spots
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel.get("targets", ()))
    assert BOARD["schemaVersion"] >= 36
    assert BOARD["uid"]
    assert "id" not in BOARD
    shown = {name for panel in panels for target in panel.get("targets", ()) for name in names(target["expr"])}
    for part in (
        "http_requests_total",
        "http_request_duration_seconds_bucket",
        "intake_refused_total",
        "queued_pages",
        "operation_oldest_queued_seconds",
        "pages_total",
        "stage_duration_seconds_bucket",
        "worker_restarts_total",
    ):
        assert f"readstone_{part}" in shown
