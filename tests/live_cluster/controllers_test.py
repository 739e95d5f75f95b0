"""Goal: laws of the model that the API server, its controllers, the scheduler and helm follow are seen
to hold on these real parts.
Method: one control plane; each function brings the situation about and returns what was seen. It must
equal fixtures/live/kubernetes.json, which the laws name as their source; UPDATE_GOLDEN=1 writes it.
Durations are held to a bound, not compared. Where kwok would answer in place of what is measured, it
is stopped (SIGSTOP) or kept away: pods without a node, and owners only.
"""

import json
import os
import signal
import ssl
import sys
import time
import urllib.error
import urllib.request

from api_proxy import ApiProxy, Rule
from control_plane import HELM, KUBECTL, ROOT, ControlPlane, compare_with, look_at

RECORD = ROOT / "fixtures/live/kubernetes.json"
NS = "laws"
NOWHERE = {"no": "where"}  # a node selector that no node has


class Api:
    """Calls to the API server without the time that kubectl takes."""

    def __init__(self, plane):
        text = (plane.home / "kubeconfig").read_text()
        self.server = text.split('server: "')[1].split('"')[0]
        self.token = text.split('token: "')[1].split('"')[0]
        self.context = ssl._create_unverified_context()

    def call(self, method, path, body=None, kind="application/json", read=json.load):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.server + path, data, method=method, headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.context) as answer:
                return read(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def get(self, path):
        return self.call("GET", path)

    def create(self, path, body):
        made = self.call("POST", path, body)
        assert made.get("kind") != "Status", made
        return made

    def patch(self, path, body):
        return self.call("PATCH", path, body, "application/strategic-merge-patch+json")

    def pods(self, app):
        return self.get(f"{core('pods')}?labelSelector=app%3D{app}")["items"]

    def pods_added_since(self, app, version):
        """The names of an app's pods that were added after a resource version, in order."""
        query = f"labelSelector=app%3D{app}&watch=1&resourceVersion={version}&timeoutSeconds=2"
        events = self.call("GET", f"{core('pods')}?{query}",
                           read=lambda answer: [json.loads(line) for line in answer])
        return [event["object"]["metadata"]["name"] for event in events if event["type"] == "ADDED"]


def core(rest):
    return f"/api/v1/namespaces/{NS}/{rest}"


def apps(rest):
    return f"/apis/apps/v1/namespaces/{NS}/{rest}"


def until(condition, what, limit_s=30):
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


def pod_spec(selector=None, **more):
    spec = {"containers": [{"name": "c", "image": "example.org/app:1"}], **more}
    return {**spec, "nodeSelector": selector} if selector else spec


def workload(kind, name, replicas, selector=None, finalizers=(), **spec):
    template = {"metadata": {"labels": {"app": name}, "finalizers": list(finalizers)},
                "spec": pod_spec(selector)}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                     "template": template, **spec}}


def ready(pods):
    return [pod for pod in pods
            if any(c["type"] == "Ready" and c["status"] == "True"
                   for c in pod["status"].get("conditions", []))]


def names(pods):
    return sorted(pod["metadata"]["name"] for pod in pods)


# ---- Kubernetes -------------------------------------------------------------------------------------

def kube_01(plane, api):
    api.create(apps("deployments"), workload("Deployment", "lag", 1))
    path = apps("deployments/lag")
    until(lambda: api.get(path).get("status", {}).get("readyReplicas") == 1, "a ready pod")
    spoke_of_before = 0
    slowest_ms = 0
    for i in range(20):
        patched = api.patch(path, {"spec": {"replicas": 1 + i % 2}})
        began = time.monotonic()
        generation = patched["metadata"]["generation"]
        spoke_of_before += patched["status"]["observedGeneration"] < generation
        until(lambda: api.get(path)["status"]["observedGeneration"] >= generation, "the controller")
        slowest_ms = max(slowest_ms, (time.monotonic() - began) * 1000)
    print(f"  slowest of 20: {slowest_ms:.0f} ms")
    assert slowest_ms < 1500, slowest_ms
    return {"answers to 20 changes that spoke of the generation before": spoke_of_before > 0}


def kube_02(plane, api):
    api.create(apps("deployments"), workload("Deployment", "recreate", 1, NOWHERE, ["test/held"],
                                             strategy={"type": "Recreate"}))
    old = names(until(lambda: api.pods("recreate"), "a pod"))
    api.patch(apps("deployments/recreate"),
              {"spec": {"template": {"metadata": {"annotations": {"new": "1"}}}}})
    until(lambda: "deletionTimestamp" in api.pods("recreate")[0]["metadata"], "the old pod to end")
    time.sleep(2)
    while_it_ends = names(api.pods("recreate")) == old
    api.call("PATCH", core(f"pods/{old[0]}"), {"metadata": {"finalizers": None}},
             "application/merge-patch+json")
    new = until(lambda: [n for n in names(api.pods("recreate")) if n not in old], "a new pod")
    return {"pods while the old one is terminating": "the old one alone" if while_it_ends else "more",
            "new pods once it is gone": len(new)}


def kube_03(plane, api):
    api.create(apps("deployments"), workload(
        "Deployment", "rolling", 10,
        strategy={"type": "RollingUpdate",
                  "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}))
    until(lambda: len(ready(api.pods("rolling"))) == 10, "ten ready pods")
    api.patch(apps("deployments/rolling"), {"spec": {"template": {"spec": {"nodeSelector": NOWHERE}}}})
    until(lambda: len(api.pods("rolling")) == 13, "the surge")
    time.sleep(3)
    pods = api.pods("rolling")
    return {"of 10 with 25% and 25%, new ones never ready": {
        "pods": len(pods), "ready": len(ready(pods))}}


def kube_05(plane, api):
    api.create(apps("deployments"), workload("Deployment", "unready", 3))
    pods = until(lambda: len(ready(api.pods("unready"))) == 3 and api.pods("unready"), "three pods")
    pods.sort(key=lambda pod: pod["metadata"]["name"])
    sick = pods[1]["metadata"]["name"]
    conditions = [{"type": kind, "status": "False"} for kind in ("Ready", "ContainersReady")]
    api.patch(core(f"pods/{sick}/status"), {"status": {"conditions": conditions}})
    until(lambda: len(ready(api.pods("unready"))) == 2, "one that is not ready")
    until(lambda: api.get(apps("deployments/unready"))["status"]["readyReplicas"] == 2, "its status")
    api.patch(apps("deployments/unready"), {"spec": {"replicas": 2}})
    left = until(lambda: len(api.pods("unready")) == 2 and names(api.pods("unready")), "two pods")
    return {"the one that is not ready goes first": sick not in left}


def kube_07(plane, api):
    api.create(apps("statefulsets"), workload("StatefulSet", "set", 3, serviceName="set"))
    until(lambda: len(ready(api.pods("set"))) == 3, "three ready pods")
    uids = {pod["metadata"]["uid"] for pod in api.pods("set")}
    template = {"metadata": {"annotations": {"new": "1"}}}
    patched = api.patch(apps("statefulsets/set"), {"spec": {"template": template}})
    until(lambda: len([pod for pod in ready(api.pods("set")) if pod["metadata"]["uid"] not in uids]) == 3,
          "three new ready pods")
    order = api.pods_added_since("set", patched["metadata"]["resourceVersion"])
    before = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in api.pods("set")}
    api.patch(apps("statefulsets/set"), {"spec": {"template": {"spec": {"nodeSelector": NOWHERE}}}})
    until(lambda: any(pod["metadata"]["uid"] != before[pod["metadata"]["name"]]
                      for pod in api.pods("set")), "one new pod")
    time.sleep(3)
    changed = [pod["metadata"]["name"] for pod in api.pods("set")
               if pod["metadata"]["uid"] != before[pod["metadata"]["name"]]]
    return {"order": order, "replaced while the first new one is not ready": changed}


def kube_09(plane, api):
    for name in ("laws-b", "laws-c"):
        api.create("/api/v1/nodes", {"metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name}}})
        until(lambda: ready([api.get(f"/api/v1/nodes/{name}")]), f"node {name}")
    try:
        plane.kubectl("cordon", "laws-b")
        until(lambda: not api.get("/api/v1/nodes/laws-c")["spec"].get("taints"), "node laws-c")
        api.create(apps("deployments"), workload("Deployment", "spread", 6))
        pods = until(lambda: len(ready(api.pods("spread"))) == 6 and api.pods("spread"), "six pods")
        nodes = {pod["spec"]["nodeName"] for pod in pods}
        claim = {"name": "v", "persistentVolumeClaim": {"claimName": "not-bound"}}
        api.create(core("persistentvolumeclaims"), {
            "metadata": {"name": "not-bound"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "none",
                     "resources": {"requests": {"storage": "1Gi"}}}})
        api.create(core("pods"), {"metadata": {"name": "unbound"}, "spec": pod_spec(volumes=[claim])})
        time.sleep(3)
        waits = "nodeName" not in api.get(core("pods/unbound"))["spec"]
        return {"pods on a cordoned node": "laws-b" in nodes, "a pod whose claim is not bound waits": waits,
                "six pods use the first of two nodes alone": len(nodes) == 1}
    finally:
        for name in ("laws-b", "laws-c"):
            plane.kubectl("delete", "node", name)


def kube_10(plane, api):
    # Its pods are held, so that they are there however long the look takes.
    api.create(apps("deployments"), workload("Deployment", "owner", 2, None, ["test/held"]))
    held = names(until(lambda: len(api.pods("owner")) == 2 and api.pods("owner"), "two pods"))
    api.call("DELETE", apps("deployments/owner"), {"propagationPolicy": "Background"})
    gone_first = api.get(apps("deployments/owner")).get("code") == 404 and len(api.pods("owner")) > 0
    for name in held:
        api.call("PATCH", core(f"pods/{name}"), {"metadata": {"finalizers": None}},
                 "application/merge-patch+json")
    until(lambda: not api.pods("owner"), "the pods to go")
    sets = api.get(apps("replicasets") + "?labelSelector=app%3Downer")["items"]
    return {"the owner is gone before what it owns": gone_first, "left of it": len(sets)}


def kube_16(plane, _):
    took_ms = []
    for _ in range(15):
        began = time.monotonic()
        run(plane, KUBECTL, "get", "pods", "-n", NS, "-o", "json")
        took_ms.append((time.monotonic() - began) * 1000)
    middle = sorted(took_ms)[7]
    print(f"  middle of 15: {middle:.0f} ms")
    return {"kubectl get takes 25 ms at least": middle >= 25}


def kube_18(plane, api):
    api.create(core("pods"), {"metadata": {"name": "fixed"}, "spec": pod_spec(NOWHERE)})
    container = {"name": "c", "command": ["other"]}
    said = api.patch(core("pods/fixed"), {"spec": {"containers": [container]}})
    image = api.patch(core("pods/fixed"), {"spec": {"containers": [
        {"name": "c", "image": "example.org/app:2"}]}})
    return {"another command": said.get("reason"),
            "another image": image["spec"]["containers"][0]["image"]}


def kube_19(plane, api):
    plane.kubectl("create", "configmap", "noted", "-n", NS)

    def annotate(*words):
        return run(plane, KUBECTL, "annotate", "configmap", "noted", "-n", NS, *words)
    first = annotate("a=1")
    version = api.get(core("configmaps/noted"))["metadata"]["resourceVersion"]
    same = annotate("a=1")
    unchanged = api.get(core("configmaps/noted"))["metadata"]["resourceVersion"] == version
    other = annotate("a=2")
    return {"new": first[0], "the same value": same[0], "it changes the object": not unchanged,
            "another value": other[0], "says": "--overwrite is false" in other[1]}


def kube_27(plane, api):
    api.create(apps("deployments"), workload("Deployment", "none", 0))
    until(lambda: api.get(apps("deployments/none")).get("status", {}).get("observedGeneration"),
          "the controller")
    done = run(plane, KUBECTL, "rollout", "status", "deployment", "none", "-n", NS, "--watch=false")
    return {"exit code with 0 replicas": done[0], "says": done[1].strip()}


def kube_33(plane, api):
    """A new ReplicaSet that gets nowhere; one that was rolled out with no pod and is only scaled."""
    for name, replicas in (("stuck", 1), ("scaled", 0)):
        api.create(apps("deployments"), workload("Deployment", name, replicas, NOWHERE,
                                                 progressDeadlineSeconds=5))
        until(lambda: api.get(apps(f"deployments/{name}")).get("status", {}).get(
            "observedGeneration"), "the controller")
    api.patch(apps("deployments/scaled"), {"spec": {"replicas": 1}})

    def status(name):
        code, text = run(plane, KUBECTL, "rollout", "status", f"deployment/{name}", "-n", NS,
                         "--watch=false")
        return {"exit": code, "says": text.strip()}

    early = status("stuck")
    time.sleep(8)
    seen = {"before its deadline": early, "after its deadline": status("stuck"),
            "only scaled": status("scaled")}
    api.patch(apps("deployments/scaled"),
              {"spec": {"template": {"metadata": {"annotations": {"new": "yes"}}}}})
    time.sleep(8)
    seen["scaled, then a new template"] = status("scaled")
    return seen


def kube_30(plane, api):
    for name in ("finished", "running"):
        api.create(core("pods"), {"metadata": {"name": name}, "spec": pod_spec(
            terminationGracePeriodSeconds=30)})
        until(lambda: ready([api.get(core(f"pods/{name}"))]), f"pod {name}")
    kwok = int((plane.home / "pid/kwok").read_text())
    os.kill(kwok, signal.SIGSTOP)
    try:
        api.patch(core("pods/finished/status"), {"status": {"phase": "Succeeded"}})
        for name in ("finished", "running"):
            api.call("DELETE", core(f"pods/{name}"))
        time.sleep(1)
        running = api.get(core("pods/running"))
        return {"a finished one is gone at once": api.get(core("pods/finished")).get("code") == 404,
                "a running one is terminating": "deletionTimestamp" in running["metadata"],
                "its grace period in seconds": running["metadata"]["deletionGracePeriodSeconds"]}
    finally:
        os.kill(kwok, signal.SIGCONT)


def kube_31(plane, api):
    claim = {"metadata": {"name": "again"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    volumes = []
    for _ in range(2):
        api.create(core("persistentvolumeclaims"), claim)
        path = core("persistentvolumeclaims/again")
        bound = until(lambda: api.get(path).get("status", {}).get("phase") == "Bound" and api.get(path),
                      "the claim to be bound")
        volumes.append(bound["spec"]["volumeName"])
        api.call("DELETE", path)
        until(lambda: api.get(path).get("code") == 404, "the claim to go")
    return {"a second claim of the same name gets the same volume": volumes[0] == volumes[1]}


# ---- helm -------------------------------------------------------------------------------------------

def run(plane, program, *words, config=None, background=False):
    import subprocess
    argv = [str(program), "--kubeconfig", str(config or plane.home / "kubeconfig"), *words]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if background:
        return process
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def chart(plane, version, objects):
    folder = plane.folder / f"chart-{version}"
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: own\nversion: {version}\n")
    (folder / "values.yaml").write_text("text: x\n")
    for name, data in objects.items():
        (folder / f"templates/{name}.yaml").write_text(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{text: {data}}}\n")
    return str(folder)


class Proxied:
    """helm behind a proxy that keeps its requests and answers some itself."""

    def __init__(self, plane, rules):
        text = (plane.home / "kubeconfig").read_text()
        server = text.split('server: "')[1].split('"')[0]
        token = text.split('token: "')[1].split('"')[0]
        self.proxy = ApiProxy(int(server.rsplit(":", 1)[1]), token)
        self.proxy.rules = rules
        self.config = plane.folder / "laws.kubeconfig"
        self.config.write_text(text.replace(server, f"http://127.0.0.1:{self.proxy.port}"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.close()

    def changes(self):
        """(verb, name) of each change of a ConfigMap, in order."""
        found = []
        for line in self.proxy.lines:
            verb, path = line.split(" ")[:2]
            if "/configmaps" in path and verb in ("POST", "PATCH", "PUT"):
                found.append(f"{verb} {path.split('?')[0].rsplit('/', 1)[1]}")
        return found


def helm_36(plane, api):
    old = chart(plane, "1.0.0", {"a": "one"})
    assert run(plane, HELM, "install", "lock", old, "-n", NS)[0] == 0
    with Proxied(plane, [Rule("^POST .*/secrets", 2.0, times=2)]) as helm:
        two = [run(plane, HELM, "upgrade", "lock", old, "-n", NS, "--set", f"n={i}",
                   config=helm.config, background=True) for i in (1, 2)]
        said = [process.communicate(timeout=120)[0] for process in two]
    codes = sorted(process.returncode for process in two)
    new = chart(plane, "1.1.0", {"a": "two"})
    with Proxied(plane, [Rule("^PATCH .*/configmaps/a", 2.0)]) as helm:
        third = run(plane, HELM, "upgrade", "lock", new, "-n", NS, config=helm.config,
                    background=True)
        time.sleep(1.5)
        labels = [secret["metadata"]["labels"] for secret in api.get(core("secrets"))["items"]
                  if secret["metadata"].get("labels", {}).get("name") == "lock"]
        newest = max(labels, key=lambda each: int(each["version"]))
        third.communicate(timeout=120)
    run(plane, HELM, "uninstall", "lock", "-n", NS)
    return {"two at once, exit codes": codes,
            "the loser says": next((text.strip().splitlines()[-1] for text in said
                                    if "already exists" in text), said),
            "status while it works": newest["status"]}


def helm_38(plane, api):
    old = chart(plane, "2.0.0", {"b": "one", "c": "one", "d": "one"})
    new = chart(plane, "2.1.0", {"a": "two", "b": "two", "c": "two", "d": "two", "e": "two"})
    install = lambda name: run(plane, HELM, "install", name, old, "-n", NS)
    assert install("order")[0] == 0
    with Proxied(plane, []) as helm:
        code, _ = run(plane, HELM, "upgrade", "order", new, "-n", NS, config=helm.config)
        good = helm.changes()
    assert code == 0, code
    run(plane, HELM, "uninstall", "order", "-n", NS)
    assert install("order")[0] == 0
    with Proxied(plane, [Rule("^PATCH .*/configmaps/b", 403, times=9)]) as helm:
        patch_code, _ = run(plane, HELM, "upgrade", "order", new, "-n", NS, config=helm.config)
        after_patch = helm.changes()
    run(plane, HELM, "uninstall", "order", "-n", NS)
    assert install("order")[0] == 0
    with Proxied(plane, [Rule("^POST .*/configmaps", 403, times=9)]) as helm:
        create_code, _ = run(plane, HELM, "upgrade", "order", new, "-n", NS, config=helm.config)
        after_create = helm.changes()
    return {"in order": good,
            "a patch is refused": {"exit": patch_code, "changes": after_patch},
            "a create is refused": {"exit": create_code, "changes": after_create}}


LAWS = {"KUBE-01": kube_01, "KUBE-02": kube_02, "KUBE-03": kube_03, "KUBE-05": kube_05,
        "KUBE-07": kube_07, "KUBE-09": kube_09, "KUBE-10": kube_10, "KUBE-16": kube_16, "KUBE-18": kube_18,
        "KUBE-19": kube_19, "KUBE-27": kube_27, "KUBE-30": kube_30, "KUBE-31": kube_31,
        "KUBE-33": kube_33,
        "HELM-36": helm_36, "HELM-38": helm_38}


def main():
    program, *wanted = sys.argv[1:]
    with ControlPlane(program, f"laws-{os.getpid()}") as plane:
        plane.kubectl("create", "namespace", NS)
        seen, failed = look_at(LAWS, wanted, plane, Api(plane))
    writes = os.environ.get("UPDATE_GOLDEN") and not failed and not wanted
    failed += compare_with(RECORD, "kubernetes 1.34.4, helm 3.19.5" if writes else "", seen)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
