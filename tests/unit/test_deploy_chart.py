"""deploy/chart, rendered by Helm: valid objects, our own rules, and that each rule can fail."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import kubernetes_validate
import pytest
import yaml

import chart_rules
from charts import CHART, EMBEDDED, LEAST, Rendered, Values, merged, render
from readstone.api.container import probes
from readstone.app import PAGE_GRACE_SECONDS
from readstone.cli.serve import GRACE_SECONDS
from readstone.observe.queue import Queue
from readstone.settings import Settings, env_name
from readstone.worker import CLOSE_SECONDS, REST_SECONDS

pytest.importorskip("helm_python", reason="helm-python-sdk is not installed; it has no wheel for some platforms")

KUBERNETES = "1.34"
DRAIN_SECONDS = max(GRACE_SECONDS + PAGE_GRACE_SECONDS, REST_SECONDS + CLOSE_SECONDS)
ROUTES = frozenset(route.path for route in probes(AsyncMock()))

EVERYTHING: Values = merged(
    LEAST,
    {
        "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": [{"name": "registry"}]},
        "database": {"existingSecret": "", "url": "postgresql://u:canary-password@db/readstone"},
        "keys": {"existingSecret": "", "list": "canary-key"},
        "inputs": {"url": "s3://bucket/in", "existingSecret": "object-store"},
        "settings": {"READSTONE_LOG_LEVEL": "debug", "READSTONE_AGE_AND_GENDER": True},
        "worker": {"nodeSelector": {"pool": "ocr"}, "tolerations": [{"key": "ocr", "operator": "Exists"}]},
        "autoscaling": {"selector": {"release": "demo"}},
        "networkPolicy": {
            "imageUrls": True,
            "objects": {"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]},
            "telemetry": {"to": [{"namespaceSelector": {"matchLabels": {"name": "otel"}}}]},
        },
    },
)
CASES = {
    "least": LEAST,
    "everything": EVERYTHING,
    "fixed number of workers": merged(LEAST, {"autoscaling": {"enabled": False}, "worker": {"replicas": 7}}),
    "embedded": EMBEDDED,
    "embedded with its own claim and images by URL": merged(
        EMBEDDED, {"persistence": {"existingClaim": "disk"}, "networkPolicy": {"imageUrls": True}}
    ),
}
RULES = (
    chart_rules.hardened,
    chart_rules.no_service_links,
    chart_rules.egress_is_named,
    chart_rules.grace_outlasts_draining(DRAIN_SECONDS),
    chart_rules.never_scaled_on_cpu,
    chart_rules.probed(ROUTES),
    chart_rules.selectors_fit,
    chart_rules.secrets_stay_secret,
)


@pytest.fixture(scope="module", params=CASES)
def chart(request: pytest.FixtureRequest) -> Rendered:
    return render(CASES[request.param])


@pytest.fixture(scope="module")
def least() -> Rendered:
    return render(LEAST)


def test_helm_renders_and_lints(chart: Rendered) -> None:
    assert not chart.refusal
    assert not chart.lint
    assert chart.objects


def test_kubernetes_would_take_every_object(chart: Rendered) -> None:
    for one in chart.objects:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_names_are_unique(chart: Rendered) -> None:
    names = [(o["kind"], o["metadata"]["name"]) for o in chart.objects]
    assert len(names) == len(set(names))


def test_our_rules_hold(chart: Rendered) -> None:
    assert [fault for rule in RULES for fault in rule(chart)] == []


def test_only_variables_that_the_server_reads_are_set(chart: Rendered) -> None:
    known = {env_name(name) for name in Settings.model_fields}
    pods = chart.pods().values()
    named = {v["name"] for pod in pods for c in pod["containers"] for v in c.get("env", [])}
    named |= {key for settings in chart.of("ConfigMap").values() for key in settings.get("data") or {}}
    assert named <= known


def test_distributed_has_both_kinds_of_pod_and_a_migration_before_upgrades(least: Rendered) -> None:
    commands = {name: pod["containers"][0]["command"] for name, pod in least.pods().items()}
    assert commands == {
        "demo-readstone-api": ["readstone", "serve"],
        "demo-readstone-worker": ["readstone", "worker"],
        "demo-readstone-migration": ["readstone", "db", "upgrade"],
    }
    hook = least.of("Job")["demo-readstone-migration"]["metadata"]["annotations"]
    assert hook["helm.sh/hook"] == "pre-upgrade"
    assert set(least.of("PodDisruptionBudget")) == {"demo-readstone-api", "demo-readstone-worker"}


@pytest.mark.parametrize(("cores", "pages"), [("2", "2"), (4, "4"), ("2500m", "3")])
def test_the_second_figure_is_what_a_pod_reads_at_once(cores: object, pages: str) -> None:
    """READSTONE_WORKERS is the request in whole cores, rounded up; so is this."""
    chart = render(merged(LEAST, {"worker": {"resources": {"requests": {"cpu": cores}}}}))
    (scaler,) = chart.of("HorizontalPodAutoscaler").values()
    reading = scaler["spec"]["metrics"][1]["external"]
    assert reading["target"] == {"type": "AverageValue", "averageValue": pages}
    assert reading["metric"]["selector"]["matchLabels"]["state"] == "reading"


def test_the_autoscalers_figures_are_served_and_made_known(least: Rendered) -> None:
    """By /metrics, and to Kubernetes by the adapter's rules."""
    (scaler,) = least.of("HorizontalPodAutoscaler").values()
    names = {metric["external"]["metric"]["name"] for metric in scaler["spec"]["metrics"]}
    assert names <= {family.name for family in Queue(AsyncMock(), Path()).describe()}
    adapter = yaml.safe_load((CHART.parent / "prometheus-adapter.yaml").read_text("utf-8"))
    rules = adapter["rules"]["external"]
    assert names == {rule["name"]["as"] for rule in rules}
    assert all(rule["seriesQuery"].startswith(rule["name"]["as"] + "{") for rule in rules)


def test_by_default_nothing_but_dns_and_the_database_is_reached(least: Rendered) -> None:
    for policy in least.of("NetworkPolicy").values():
        ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
        assert sorted(ports) == [53, 53, 5432]


def test_embedded_is_one_pod_on_a_volume_that_reaches_nothing() -> None:
    chart = render(EMBEDDED)
    ((_, deployment),) = chart.of("Deployment").items()
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    (claim,) = chart.of("PersistentVolumeClaim").values()
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget", "Job"):
        assert not chart.of(kind)
    (policy,) = chart.of("NetworkPolicy").values()
    assert policy["spec"]["egress"] == []


def test_images_by_url_come_from_public_addresses_and_only_to_the_api() -> None:
    policies = render(EVERYTHING).of("NetworkPolicy")
    outside = {
        name: [
            peer["ipBlock"]
            for rule in p["spec"]["egress"]
            for peer in rule["to"]
            if "except" in peer.get("ipBlock", {})
        ]
        for name, p in policies.items()
    }
    assert set(filter(outside.get, outside)) == {"demo-readstone-api"}
    assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(outside["demo-readstone-api"][0]["except"])


def test_a_release_named_readstone_keeps_its_name() -> None:
    assert "readstone" in render(LEAST, release="readstone").of("Service")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"keys": LEAST["keys"]}, "database"),
        ({"database": LEAST["database"]}, "keys"),
        (merged(LEAST, {"mode": "embeded"}), "mode"),
        (merged(LEAST, {"wroker": {}}), "wroker"),
        (merged(LEAST, {"settings": {"READSTONE_KEYS": "k"}}), "READSTONE_KEYS"),
        (merged(LEAST, {"settings": {"READSTONE_MAX_IMAGE_BYTES": 500_000_000}}), "READSTONE_MAX_IMAGE_BYTES"),
        (merged(LEAST, {"terminationGraceSeconds": 30}), "terminationGraceSeconds"),
        (merged(LEAST, {"networkPolicy": {"database": {"to": []}}}), "database"),
        (merged(LEAST, {"networkPolicy": {"database": {"to": [{}]}}}), "database"),
        (merged(LEAST, {"autoscaling": {"minReplicas": 9, "maxReplicas": 3}}), "minReplicas"),
        (merged(LEAST, {"api": {"resources": {"requests": None}}}), "requests"),
    ],
)
def test_values_that_cannot_work_are_refused(values: Values, why: str) -> None:
    refused = render(values)
    assert why in refused.refusal
    assert not refused.objects


Break = Callable[[dict[str, Any]], object]


def _container(one: dict[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = one["spec"]["template"]["spec"]["containers"][0]
    return container


BREAKS: dict[str, tuple[str, str, Break]] = {
    "root": ("Deployment", "may run as root", lambda o: o["spec"]["template"]["spec"].pop("securityContext")),
    "writable": (
        "Deployment",
        "can be written",
        lambda o: _container(o)["securityContext"].pop("readOnlyRootFilesystem"),
    ),
    "capabilities": ("Job", "keeps privileges", lambda o: _container(o)["securityContext"].pop("capabilities")),
    "token": ("Job", "cluster's API", lambda o: o["spec"]["template"]["spec"].pop("automountServiceAccountToken")),
    "links": ("Deployment", "service links", lambda o: o["spec"]["template"]["spec"].pop("enableServiceLinks")),
    "open egress": ("NetworkPolicy", "everything out", lambda o: o["spec"]["egress"][1].pop("to")),
    "no egress policy": ("NetworkPolicy", "no policy limits", lambda o: o["spec"]["policyTypes"].remove("Egress")),
    "grace": (
        "Deployment",
        "killed before",
        lambda o: o["spec"]["template"]["spec"].update(terminationGracePeriodSeconds=33),
    ),
    "cpu": ("HorizontalPodAutoscaler", "scales on Resource", lambda o: o["spec"]["metrics"][0].update(type="Resource")),
    "no age": ("HorizontalPodAutoscaler", "does not scale on the age", lambda o: o["spec"]["metrics"].pop(0)),
    "two owners of replicas": ("Deployment", "sets its replicas", lambda o: o["spec"].update(replicas=3)),
    "probe": (
        "Deployment",
        "readinessProbe asks",
        lambda o: _container(o)["readinessProbe"]["httpGet"].update(path="/x"),
    ),
    "liveness": (
        "Deployment",
        "get the pod killed",
        lambda o: _container(o)["livenessProbe"]["httpGet"].update(path="/ready"),
    ),
    "selector": ("Service", "selects 2", lambda o: o["spec"]["selector"].pop("app.kubernetes.io/component")),
    "plain secret": ("Job", "READSTONE_DATABASE is readable", lambda o: _container(o)["env"][1].pop("valueFrom")),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_rule_can_fail(least: Rendered, name: str) -> None:
    kind, fault, spoil = BREAKS[name]
    objects = copy.deepcopy(least.objects)
    for one in objects:
        if one["kind"] == kind:
            spoil(one)
    if name == "selector":  # the migration's pods are never ready; the workers' would be
        objects = tuple(o for o in objects if o["kind"] != "Job")
    assert any(fault in found for rule in RULES for found in rule(Rendered(objects)))


def test_an_object_that_kubernetes_does_not_know_fails(least: Rendered) -> None:
    broken = copy.deepcopy(least.of("Deployment")["demo-readstone-api"])
    broken["spec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES, strict=True)
