"""Goal: laws of the model that the kubelet follows are seen to hold on a real node.
Method: a cluster made by kind; each function brings the situation about and returns what was seen. It
must equal fixtures/live/kubelet.json, which the laws name as their source; UPDATE_GOLDEN=1 writes it.
Times are compared in bounds wide enough for a machine that is busy. Where kind cannot run (exit code
77 of live/kind/up.sh) the test says so and ends with 77.
"""

import datetime
import json
import os
import subprocess
import sys
import time

from control_plane import CACHE, KUBECTL, ROOT, compare_with, look_at, version_of

RECORD = ROOT / "fixtures/live/kubelet.json"
NAME = "rehearse-kubelet"


class Kind:
    def __enter__(self):
        done = subprocess.run([str(ROOT / "live/kind/up.sh"), NAME])
        if done.returncode:
            print(f"kind does not come up here: exit code {done.returncode}: NOT RUN", flush=True)
            sys.exit(done.returncode)
        self.config = CACHE / "kind" / NAME / "kubeconfig"
        images = subprocess.run(
            ["docker", "exec", f"{NAME}-control-plane", "ctr", "-n", "k8s.io", "images", "ls", "-q"],
            text=True, stdout=subprocess.PIPE, check=True).stdout.split()
        self.image = next(name for name in images if "local-path-helper" in name)
        return self

    def __exit__(self, *_):
        subprocess.run([str(ROOT / "live/kind/down.sh"), NAME])

    def kubectl(self, *words, stdin=None, check=True):
        return subprocess.run([str(KUBECTL), "--kubeconfig", str(self.config), *words], text=True,
                              input=stdin, stdout=subprocess.PIPE, check=check).stdout

    def make(self, *objects):
        for each in objects:
            self.kubectl("apply", "-f", "-", stdin=json.dumps(each))

    def pod(self, name):
        said = self.kubectl("get", "pod", name, "-o", "json", "--ignore-not-found")
        return json.loads(said) if said else None

    def spec(self, script, grace_s=1, **container):
        return {"terminationGracePeriodSeconds": grace_s, "containers": [{
            "name": "c", "image": self.image, "imagePullPolicy": "Never",
            "command": ["/bin/busybox", "sh", "-c", script], **container}]}


def pod(name, spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
            "spec": spec}


def until(condition, what, limit_s=120):
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.2)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def state(shown):
    return (shown or {}).get("status", {}).get("containerStatuses", [{}])[0]


def started(shown):
    running = state(shown).get("state", {}).get("running")
    return seconds(running["startedAt"]) if running else None


def without_its_config_map(kind):
    spec = kind.spec("busybox sleep 1000")
    spec["volumes"] = [{"name": "v", "configMap": {"name": "late"}}]
    spec["containers"][0]["volumeMounts"] = [{"name": "v", "mountPath": "/v"}]
    kind.make(pod("waits", spec))
    time.sleep(20)
    shown = kind.pod("waits")
    reason = state(shown).get("state", {}).get("waiting", {}).get("reason")
    kind.make({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "late"},
               "data": {"a": "b"}})
    began = time.monotonic()
    until(lambda: started(kind.pod("waits")), "the container", 200)
    print(f"  ran {time.monotonic() - began:.1f} s after the ConfigMap was there")
    return [shown["status"]["phase"], reason]


def kube_11(kind):
    took_s = []
    for i in range(3):
        kind.make(pod(f"start-{i}", kind.spec("busybox sleep 1000")))
        until(lambda: started(kind.pod(f"start-{i}")), "the container")
        shown = kind.pod(f"start-{i}")
        took_s.append(started(shown) - seconds(shown["metadata"]["creationTimestamp"]))
    print(f"  seconds until the container ran: {took_s}")
    return {"the container runs within 5 s": max(took_s) <= 5,
            "for 20 s without its ConfigMap": without_its_config_map(kind)}


def ready_after_s(kind, name, script):
    probe = {"exec": {"command": ["/bin/busybox", "test", "-f", "/tmp/ok"]},
             "initialDelaySeconds": 6, "periodSeconds": 4}
    kind.make(pod(name, kind.spec(script, readinessProbe=probe)))

    def ready():
        return [c for c in (kind.pod(name) or {}).get("status", {}).get("conditions", [])
                if c["type"] == "Ready" and c["status"] == "True"]
    condition = until(ready, "the pod to be ready")[0]
    return seconds(condition["lastTransitionTime"]) - started(kind.pod(name))


def kube_12(kind):
    at_once_s = ready_after_s(kind, "healthy", "busybox touch /tmp/ok; busybox sleep 1000")
    later_s = ready_after_s(kind, "later", "busybox sleep 8; busybox touch /tmp/ok; busybox sleep 1000")
    print(f"  ready after {at_once_s} s, {later_s} s")
    return {"delay 6 s, period 4 s: not before the first probe": 5 <= at_once_s,
            "at the first one": at_once_s < 6 + 4 + 2,
            "healthy after 8 s: at a later probe": 8 <= later_s < 8 + 4 + 2}


def kube_13(kind):
    kind.make(pod("stubborn", kind.spec("trap 'echo asked' TERM; while :; do busybox sleep 1; done",
                                        grace_s=8)))
    until(lambda: started(kind.pod("stubborn")), "the container")
    time.sleep(1)
    began = time.monotonic()
    kind.kubectl("delete", "pod", "stubborn", "--wait=false")
    time.sleep(3)
    runs_on = started(kind.pod("stubborn")) is not None
    asked = "asked" in kind.kubectl("logs", "stubborn")
    until(lambda: kind.pod("stubborn") is None, "the pod to be gone")
    took_s = time.monotonic() - began
    kind.make({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "next"}, "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": "next"}}, "template": {
            "metadata": {"labels": {"app": "next"}},
            "spec": kind.spec("trap '' TERM; while :; do busybox sleep 1; done", grace_s=20)}}})

    def pods():
        return json.loads(kind.kubectl("get", "pods", "-l", "app=next", "-o", "json"))["items"]
    until(lambda: len(pods()) == 1 and started(pods()[0]), "the Deployment's pod")
    kind.kubectl("delete", "pod", pods()[0]["metadata"]["name"], "--wait=false")
    another = until(lambda: len(pods()) == 2, "another pod", 10)
    print(f"  gone after {took_s:.1f} s")
    return {"SIGTERM at once, and it runs on": asked and runs_on,
            "grace period 8 s: killed after it": 7.5 <= took_s < 8 + 5,
            "another pod is made while it ends": another}


def kube_15(kind):
    kind.make(pod("crash", kind.spec("busybox sleep 1; exit 1")))
    pauses_s = []
    seen = 0
    end = time.monotonic() + 150
    while len(pauses_s) < 4 and time.monotonic() < end:
        status = state(kind.pod("crash"))
        last = status.get("lastState", {}).get("terminated")
        running = status.get("state", {}).get("running") or status.get("state", {}).get("terminated")
        if last and running and status["restartCount"] > seen and "startedAt" in running:
            seen = status["restartCount"]
            pauses_s.append(seconds(running["startedAt"]) - seconds(last["finishedAt"]))
        time.sleep(0.2)
    print(f"  seconds until each restart: {pauses_s}")
    return {"restarts seen": len(pauses_s),
            "the first at once": pauses_s[0] <= 4,
            "then 10, 20, 40 s, a few more at most":
                all(least - 2 <= pause <= least * 1.5 + 6
                    for least, pause in zip((10, 20, 40), pauses_s[1:]))}


LAWS = {"KUBE-11": kube_11, "KUBE-12": kube_12, "KUBE-13": kube_13, "KUBE-15": kube_15}


def main():
    wanted = sys.argv[2:]
    with Kind() as kind:
        seen, failed = look_at(LAWS, wanted, kind)
    writes = os.environ.get("UPDATE_GOLDEN") and not failed and not wanted
    parts = f"kubelet {version_of('kubernetes')}, containerd and runc of Debian 12, kind"
    failed += compare_with(RECORD, parts if writes else "", seen)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
