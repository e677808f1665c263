"""Renders deploy/chart with Helm itself, in a process of its own: Helm's library brings Go's runtime along."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).resolve().parent.parent / "deploy/chart"
Values = dict[str, Any]
Object = dict[str, Any]

LEAST: Values = {"database": {"existingSecret": "our-database"}, "keys": {"existingSecret": "our-keys"}}
EMBEDDED: Values = {"mode": "embedded", "keys": {"existingSecret": "our-keys"}}


@dataclass(frozen=True, slots=True)
class Rendered:
    """The chart's objects for some values, or why there are none; `lint` is what `helm lint --strict` finds."""

    objects: tuple[Object, ...]
    lint: tuple[str, ...] = ()
    refusal: str = ""

    def of(self, kind: str) -> dict[str, Object]:
        """Objects of a kind by name."""
        return {o["metadata"]["name"]: o for o in self.objects if o["kind"] == kind}

    def pods(self) -> dict[str, Object]:
        """The pod specification of every workload, by the workload's name."""
        owners = [o for o in self.objects if o["kind"] in ("Deployment", "Job", "StatefulSet", "DaemonSet")]
        return {o["metadata"]["name"]: o["spec"]["template"]["spec"] for o in owners}


def merged(*layers: Values) -> Values:
    """Values laid over each other, as Helm does it."""
    whole: Values = {}
    for layer in layers:
        for name, value in layer.items():
            inner = isinstance(value, dict) and isinstance(whole.get(name), dict)
            whole[name] = merged(whole[name], value) if inner else value
    return whole


def render(values: Values, release: str = "demo", chart: Path = CHART) -> Rendered:
    """What `helm template` makes of the chart."""
    order = json.dumps({"chart": str(chart), "values": values, "release": release})
    done = subprocess.run([sys.executable, __file__], input=order, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer = json.loads(done.stdout)
    texts = [text for name, text in sorted(answer["files"].items()) if name.endswith(".yaml")]
    objects = [one for text in texts for one in yaml.safe_load_all(text) if one]
    return Rendered(tuple(objects), tuple(answer["lint"]), answer["refusal"])


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    import helm_python as helm

    findings = helm.lint(order["chart"], order["values"], strict=True)
    lint = [m["error"] for m in findings["messages"] if m["severity"] >= 2]
    try:
        with helm.Chart.load(order["chart"]) as chart:
            files = chart.render(order["values"], name=order["release"], namespace="readstone-tests")
    except helm.HelmError as refused:
        return {"files": {}, "lint": lint, "refusal": str(refused)}
    return {"files": files, "lint": lint, "refusal": ""}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_answer(json.load(sys.stdin))))
