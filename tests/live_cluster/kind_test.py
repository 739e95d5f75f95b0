"""Goal: on nodes with a real kubelet the executor does what it does in the simulation: the demo's
plan to its last hop, and scenarios in which something goes wrong.
Method: clusters made by kind, side by side, since most of the time is waiting for probes; real helm,
real etcd in its pod, stand-ins for Milvus and the migration tool. The plan must end with the metadata
of its start, and its trace conform; each scenario must give the same verdict live and simulated.
UPDATE_GOLDEN=1 writes the recordings of fixtures/live anew. Where kind cannot run (exit code 77 of
live/kind/up.sh) the test says so and ends with 77.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time

from control_plane import CACHE, CAPTURE, RELEASE, ROOT, ControlPlane, tail

TARGET = "2.5.12"
CHART = "4.2.49"
UP_S = 40      # a cluster, where the node image is there, measured
START_S = 105  # from an empty cluster to a Milvus that is Ready, measured
RECORDED = ROOT / "fixtures/live"

# What each cluster does, one after the other: about equally long.
PLAN = f"plan-to-{TARGET}"
LANES = [[PLAN],
         ["executor-killed", "scaled-by-hand"],
         ["migration-pod-deleted", "tool-panics"]]


class NoKind(Exception):
    pass


class KindCluster(ControlPlane):
    """A control plane with a kubelet; Milvus's etcd is in a pod of the release."""

    def __init__(self, program, name):
        super().__init__(program, name)
        self.home = CACHE / "kind" / name

    def __enter__(self):
        code = subprocess.run([self.program, "live", "up", "kind", "--name", self.name],
                              cwd=ROOT).returncode
        if code:
            raise NoKind(code)
        return self

    def __exit__(self, *_):
        self.live("down", "kind", "--name", self.name)

    @property
    def access(self):
        return self.access_to(f"kind-{self.name}")

    def clear(self):
        self.helm("uninstall", RELEASE, "--wait", "--timeout", "120s", check=False)
        for kind in ("pods", "persistentvolumeclaims", "configmaps"):
            self.kubectl("delete", kind, "--all", "-n", "default", "--wait=true", "--timeout=120s")
        self.kubectl("delete", "secrets", "-l", "owner=helm", "-n", "default")


def record(name):
    file = RECORDED / f"kind-{name}.jsonl"
    return file if os.environ.get("UPDATE_GOLDEN") else None


def plan(cluster):
    cluster.run_program("live", "start", "--from", str(CAPTURE), "--chart-source", "bundled",
                        *cluster.access, expect=0)
    trace = record(PLAN) or cluster.folder / "plan.jsonl"
    trace.unlink(missing_ok=True)
    began = time.monotonic()
    text = cluster.run_program(
        "live", "run", "--to", TARGET, "--chart-source", "bundled", "--poll-ms", "1000", "--journal",
        str(cluster.folder / "plan.journal"), "--trace", str(trace), *cluster.access, expect=0).stdout
    took_s = time.monotonic() - began
    assert f"holds: my-release runs Milvus {TARGET} on chart {CHART}" in text, tail(text)
    assert "metadata equal before and after" in text and "0 others" in text, tail(text)
    assert cluster.image() == f"milvusdb/milvus:v{TARGET}", cluster.image()
    releases = json.loads(cluster.helm("list", "-n", "default", "-o", "json").stdout)
    assert [(r["chart"], r["status"]) for r in releases] == [(f"milvus-{CHART}", "deployed")], releases
    done = cluster.run_program("conform", str(trace), "--from", str(CAPTURE), expect=0)
    assert "conforms" in done.stdout, done.stdout
    return f"{took_s:.0f} s after the start; {done.stdout.strip().split(': ')[-1]}"


def scenario(cluster, name):
    file = record(name)
    trace = ["--trace", str(file)] if file else []
    text = cluster.run_program("live", "run", f"scenarios/live/{name}.yaml", "--chart-source",
                               "bundled", "--poll-ms", "1000", *trace, *cluster.access, expect=0).stdout
    assert "agrees: live and simulated" in text, tail(text)
    return "agrees"


def expected_s(program, job):
    """By the model, and the time of the start, which it does not play."""
    said = subprocess.run([program, "check", f"scenarios/live/{job}.yaml", "--format", "json"],
                          cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return START_S + json.loads(said)["scenarios"][0]["simulated_ms"] / 1000


def work(cluster, jobs, failed):
    for i, job in enumerate(jobs):
        began = time.monotonic()
        try:
            if i:
                cluster.clear()
            word = plan(cluster) if job == PLAN else scenario(cluster, job)
        except Exception as error:  # every job is to run, whatever an earlier one met
            failed.append(job)
            word = f"FAILED: {error!r}" if not isinstance(error, AssertionError) else f"FAILED: {error}"
        print(f"{job}: {word} ({time.monotonic() - began:.0f} s)", flush=True)


def main():
    program, *wanted = sys.argv[1:]
    lanes = [[job for job in lane if not wanted or job in wanted] for lane in LANES]
    lanes = [lane for lane in lanes if lane]
    longest_s = max(sum(expected_s(program, job) for job in lane) for lane in lanes)
    total_s = UP_S * len(lanes) + longest_s
    print(f"expected: about {total_s / 60:.0f} min on {len(lanes)} clusters side by side", flush=True)
    failed = []
    with contextlib.ExitStack() as stack:
        try:
            clusters = [stack.enter_context(KindCluster(program, f"rehearse-test-{i}"))
                        for i in range(len(lanes))]
        except NoKind as reason:
            print(f"kind does not come up here: exit code {reason}: NOT RUN", flush=True)
            sys.exit(reason.args[0])
        # Threads of a daemon: when this test is told to end, the clusters go at once.
        threads = [threading.Thread(target=work, args=(cluster, lane, failed), daemon=True)
                   for cluster, lane in zip(clusters, lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
