"""What every object of our chart must keep to, beyond being valid Kubernetes: each rule names what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from charts import Object, Rendered

Rule = Callable[[Rendered], Iterator[str]]


def hardened(chart: Rendered) -> Iterator[str]:
    """No root, no writing below the root, no capabilities, no account of the cluster's API."""
    for name, pod in chart.pods().items():
        context = pod.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or not context.get("runAsUser", 0) > 0:
            yield f"{name}: may run as root"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name}: system calls are not filtered"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{name}: gets a token of the cluster's API"
        for container in pod["containers"]:
            inner = container.get("securityContext", {})
            if inner.get("readOnlyRootFilesystem") is not True:
                yield f"{name}: the root file system can be written"
            if inner.get("allowPrivilegeEscalation") is not False or inner.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{name}: keeps privileges"


def no_service_links(chart: Rendered) -> Iterator[str]:
    """A Service called readstone would give pods READSTONE_PORT=tcp://..., which is no port."""
    yield from (f"{n}: service links are on" for n, pod in chart.pods().items() if pod.get("enableServiceLinks", True))


def egress_is_named(chart: Rendered) -> Iterator[str]:
    """Every pod has a policy for what it sends; no rule without peers or ports, which would mean all of them."""
    policies = list(chart.of("NetworkPolicy").values())
    for owner in chart.objects:
        if owner["kind"] in ("Deployment", "Job"):
            labels = owner["spec"]["template"]["metadata"]["labels"]
            matching = [p for p in policies if _selects(p["spec"]["podSelector"], labels)]
            if not any("Egress" in p["spec"]["policyTypes"] for p in matching):
                yield f"{owner['metadata']['name']}: no policy limits what it sends"
    for policy in policies:
        for rule in policy["spec"].get("egress") or []:
            if not rule.get("to") or not rule.get("ports"):
                yield f"{policy['metadata']['name']}: an egress rule without peers or ports lets everything out"
            elif any(not peer for peer in rule["to"]):
                yield f"{policy['metadata']['name']}: an empty peer is every pod"


def grace_outlasts_draining(seconds: float) -> Rule:
    """SIGKILL comes after the time in which balancers learn of the end, and `seconds` for what is in work."""

    def rule(chart: Rendered) -> Iterator[str]:
        for name, deployment in chart.of("Deployment").items():
            pod = deployment["spec"]["template"]["spec"]
            variables = {v["name"]: v.get("value") for v in pod["containers"][0]["env"]}
            drain = float(variables.get("READSTONE_DRAIN_SECONDS") or 0)
            if pod.get("terminationGracePeriodSeconds", 30) <= drain + seconds:
                yield f"{name}: killed before it has drained"

    return rule


def never_scaled_on_cpu(chart: Rendered) -> Iterator[str]:
    """Autoscalers look at the queue, first of all at its age, and own the number of replicas alone."""
    for name, scaler in chart.of("HorizontalPodAutoscaler").items():
        metrics = scaler["spec"]["metrics"]
        yield from (f"{name}: scales on {metric['type']}" for metric in metrics if metric["type"] != "External")
        first = metrics[0].get("external", {})
        if "oldest_queued" not in first.get("metric", {}).get("name", "") or "value" not in first.get("target", {}):
            yield f"{name}: does not scale on the age of the oldest waiting page"
        target = scaler["spec"]["scaleTargetRef"]["name"]
        if "replicas" in chart.of("Deployment").get(target, {"spec": {"replicas": 1}})["spec"]:
            yield f"{name}: {target} sets its replicas itself, or is not there"


def probed(paths: frozenset[str]) -> Rule:
    """Every Deployment has three probes of served routes; liveness asks the one that touches nothing."""

    def rule(chart: Rendered) -> Iterator[str]:
        for name, deployment in chart.of("Deployment").items():
            (container,) = deployment["spec"]["template"]["spec"]["containers"]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                path = container.get(probe, {}).get("httpGet", {}).get("path")
                if path is None or path.strip("/") not in paths:
                    yield f"{name}: {probe} asks {path}"
            if container.get("livenessProbe", {}).get("httpGet", {}).get("path") != "/ContainerLiveness":
                yield f"{name}: a store that is away would get the pod killed"

    return rule


def selectors_fit(chart: Rendered) -> Iterator[str]:
    """Services, budgets and policies select pods of exactly one workload; no two workloads' pods are mixed up."""
    owners = [o for o in chart.objects if o["kind"] in ("Deployment", "Job")]
    for one in chart.objects:
        selector = one.get("spec", {}).get({"NetworkPolicy": "podSelector"}.get(one["kind"], "selector"))
        if one["kind"] in ("Service", "PodDisruptionBudget", "NetworkPolicy", "Deployment"):
            wanted = {"matchLabels": selector} if one["kind"] == "Service" else selector
            hits = [o for o in owners if _selects(wanted, o["spec"]["template"]["metadata"]["labels"])]
            if len(hits) != 1:
                yield f"{one['kind']} {one['metadata']['name']}: selects {len(hits)} workloads"


def secrets_stay_secret(chart: Rendered) -> Iterator[str]:
    """Nothing that is a secret stands in a pod's plain variables or in a ConfigMap."""
    secret = {"READSTONE_DATABASE", "READSTONE_KEYS", "READSTONE_TOKEN_SECRET"}
    for name, pod in chart.pods().items():
        for variable in pod["containers"][0].get("env", []):
            if variable["name"] in secret and "secretKeyRef" not in variable.get("valueFrom", {}):
                yield f"{name}: {variable['name']} is readable"
    for name, settings in chart.of("ConfigMap").items():
        yield from (f"{name}: {key} is readable" for key in secret & set(settings.get("data") or {}))


def _selects(selector: Object, labels: dict[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in selector["matchLabels"].items())
