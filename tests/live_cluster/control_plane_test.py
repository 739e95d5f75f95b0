"""Goal: the executor does on real parts what it does in the simulation: the demo's plan, and the plan
with something going wrong, end with the same verdict and the same metadata.
Method: one control plane (control_plane.py); each test starts from the capture of a healthy 2.1.4.
"""

import json
import resource
import signal
import subprocess
import time

from api_proxy import ApiProxy, Rule
from control_plane import CAPTURE, RELEASE, interrupt, run_tests

LIMIT_S = 60  # of the whole plan


def reached(plane, label, text):
    assert "holds: my-release runs Milvus 2.2.16 on chart 4.0.34" in text, text
    assert "0 others" in text, text
    assert plane.image() == "milvusdb/milvus:v2.2.16", plane.image()
    records = json.loads(plane.helm("list", "-n", "default", "-o", "json").stdout)
    assert [(r["chart"], r["status"]) for r in records] == [("milvus-4.0.34", "deployed")], records
    left = plane.kubectl("get", "pods,configmaps", "-n", "default", "-l",
                         "app.kubernetes.io/managed-by=rehearse", "-o", "name")
    assert left == "", left
    backups = plane.kubectl("get", "pvc", "-n", "default", "-l",
                            "app.kubernetes.io/managed-by=rehearse", "-o", "name").split()
    assert backups, "the backup is gone"
    lock = plane.kubectl("get", "configmaps", "-n", "default", "-l", "rehearse.io/lock", "-o", "name")
    assert lock == "", lock


def plan_of_the_demo(plane):
    plane.start()
    before = plane.keys()
    began = time.monotonic()
    text = plane.finish("plain")
    assert time.monotonic() - began < LIMIT_S, f"{time.monotonic() - began:.1f} s"
    reached(plane, "plain", text)
    assert not any(key.startswith("by-dev/meta/root-coord/index/") for key in plane.keys())
    assert any(key.startswith("by-dev/meta/field-index/") for key in plane.keys())
    assert any(key.startswith("by-dev/meta/root-coord/index/") for key in before)


def recorded_run_conforms(plane):
    """After plan_of_the_demo: its trace."""
    trace = str(plane.folder / "plain.jsonl")
    done = plane.run_program("conform", trace, "--from", str(CAPTURE), expect=0)
    assert "conforms" in done.stdout, done.stdout
    lines = plane.trace("plain")
    starts = [i for i, line in enumerate(lines) if line.get("kind") == "start"]
    first, second = lines[starts[0]], lines[starts[1]]
    first["command"], second["command"] = second["command"], first["command"]
    mutated = plane.folder / "mutated.jsonl"
    mutated.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = plane.run_program("conform", str(mutated), "--from", str(CAPTURE), expect=1)
    assert "differs after 0 changes" in done.stdout, done.stdout


def executor_killed_and_resumed(plane):
    plane.start()
    for stage in ("1.4", "1.7", "2.2"):
        run = plane.begin_run("killed")
        plane.wait_for_stage("killed", run, stage)
        run.kill()
        run.wait()
        lock = plane.kubectl("get", "configmaps", "-n", "default", "-l", "rehearse.io/lock",
                             "-o", "name")
        assert lock != "", "the lock is gone after a crash"
    reached(plane, "killed", plane.finish("killed"))


def stopped_by_ctrl_c_and_resumed(plane):
    plane.start()
    run = plane.begin_run("stopped")
    plane.wait_for_stage("stopped", run, "1.4")
    interrupt(run)
    text = plane.end_run("stopped", run, expect=2)
    assert "stopped between two actions" in text, text
    reached(plane, "stopped", plane.finish("stopped"))


def another_run_is_kept_out(plane):
    plane.start()
    run = plane.begin_run("first")
    plane.wait_for_stage("first", run, "1.2")
    text = plane.finish("second", expect=2)
    assert "another run holds release my-release" in text, text
    reached(plane, "first", plane.end_run("first", run, expect=0))


def tool_pod(plane, word):
    pods = plane.kubectl("get", "pods", "-n", "default", "-l", f"rehearse.io/role={word}",
                         "--field-selector", "status.phase=Running", "-o", "name").split()
    return pods[0] if pods else None


def tool_pod_deleted_during_the_migration(plane):
    plane.start()
    run = plane.begin_run("deleted")
    plane.wait(lambda: tool_pod(plane, "migrate"), "the migration's pod")
    plane.kubectl("delete", tool_pod(plane, "migrate"), "-n", "default", "--wait=false")
    reached(plane, "deleted", plane.end_run("deleted", run, expect=0))


def replicas_scaled_by_hand(plane):
    plane.start()
    run = plane.begin_run("scaled")
    plane.wait_for_stage("scaled", run, "1.4")
    plane.kubectl("scale", "deployment", f"{RELEASE}-milvus-standalone", "-n", "default",
                  "--replicas=1")
    code = run.wait(240)
    text = plane.log("scaled")
    assert code in (0, 1), text
    metadata = plane.keys()
    assert any(key.startswith("by-dev/meta/root-coord/") for key in metadata)
    if code == 0:
        reached(plane, "scaled", text)


def sessions_still_alive(plane):
    plane.start()
    value = json.dumps({"ServerID": 77, "ServerName": "querynode", "Address": "192.0.2.9:21123"})
    plane.put("by-dev/meta/session/querynode-77", value, ttl_s=12)
    run = plane.begin_run("alive")
    plane.wait_for_said("alive", run, "querynode-77")
    assert tool_pod(plane, "backup") is None
    reached(plane, "alive", plane.end_run("alive", run, expect=0))


def helm_killed_in_the_middle(plane):
    plane.start()
    run = plane.begin_run("helm-killed")
    plane.wait_for_stage("helm-killed", run, "2.2")

    def upgrading():
        done = subprocess.run(["pgrep", "-P", str(run.pid), "-x", "helm"], stdout=subprocess.PIPE,
                              text=True)
        return done.stdout.split()
    plane.wait(upgrading, "helm upgrade")
    for pid in upgrading():
        subprocess.run(["kill", "-9", pid])
    code = run.wait(400)
    text = plane.log("helm-killed")
    assert code == 0, text
    reached(plane, "helm-killed", text)


def an_unmarked_cluster_is_not_touched(plane):
    plane.start()
    plane.kubectl("label", "namespace", "kube-system", "rehearse.io/cluster-")
    try:
        done = plane.run_program(*plane.run_arguments("unmarked"), expect=64)
        assert "--i-know-this-is" in done.stdout, done.stdout
        records = json.loads(plane.helm("list", "-n", "default", "-o", "json").stdout)
        assert [r["revision"] for r in records] == ["1"], records
    finally:
        plane.kubectl("label", "namespace", "kube-system", "rehearse.io/cluster=rehearsal")


def a_captured_cluster_can_be_imported(plane):
    plane.start()
    folder = str(plane.folder / "capture")
    done = plane.run_program("capture", *plane.access, "-o", folder, expect=0)
    assert "missing" not in done.stdout, done.stdout
    done = plane.run_program("run", "--from", folder, "--to", "2.2.16", expect=0)
    assert "holds" in done.stdout, done.stdout


def what_is_missing_in_a_capture_is_named(plane):
    plane.start()
    plane.kubectl("create", "serviceaccount", "reader", "-n", "default")
    plane.kubectl("create", "role", "reader", "-n", "default", "--verb=get,list", "--resource",
                  "deployments.apps,statefulsets.apps,replicasets.apps,pods,services,configmaps,"
                  "persistentvolumeclaims")
    plane.kubectl("create", "rolebinding", "reader", "-n", "default", "--role=reader",
                  "--serviceaccount=default:reader")
    try:
        token = plane.kubectl("create", "token", "reader", "-n", "default").strip()
        config = plane.folder / "reader.kubeconfig"
        text = (plane.home / "kubeconfig").read_text()
        old = text.split('token: "')[1].split('"')[0]
        config.write_text(text.replace(old, token))
        access = [str(config) if word.endswith("/kubeconfig") else word for word in plane.access]
        done = plane.run_program("capture", *access, "-o", str(plane.folder / "partly"), expect=0)
        assert "missing: objects.json: ingresses: kubectl: Error from server (Forbidden)" in \
            done.stdout, done.stdout
        assert "missing: release-secrets.json" in done.stdout, done.stdout
        assert token not in done.stdout
    finally:
        for kind in ("serviceaccount", "role", "rolebinding"):
            plane.kubectl("delete", kind, "reader", "-n", "default")


def a_cluster_that_goes_away_leaves_a_resumable_run(plane):
    plane.start()
    run = plane.begin_run("away")
    plane.wait_for_stage("away", run, "1.4")
    pid = int((plane.home / "pid/kube-apiserver").read_text())
    subprocess.run(["kill", "-STOP", str(pid)])
    try:
        time.sleep(2)
        run.kill()
        run.wait()
    finally:
        subprocess.run(["kill", "-CONT", str(pid)])
    reached(plane, "away", plane.finish("away"))


def a_cluster_that_is_away_for_a_while_is_waited_for(plane):
    plane.start()
    run = plane.begin_run("back")
    plane.wait_for_stage("back", run, "1.4")
    pid = int((plane.home / "pid/kube-apiserver").read_text())
    subprocess.run(["kill", "-STOP", str(pid)])
    try:
        time.sleep(40)  # longer than a read may take
        assert run.poll() is None, plane.log("back")
    finally:
        subprocess.run(["kill", "-CONT", str(pid)])
    reached(plane, "back", plane.end_run("back", run, expect=0))


def a_full_disk_for_the_journal_stops_before_the_action(plane):
    """A limit on the size of files: the write fails as it does on a full disk."""
    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
    plane.start()
    arguments = ["live", "run", "--to", "2.2.16", "--from", str(CAPTURE), "--chart-source",
                 str(plane.charts()), "--poll-ms", "500", "--journal",
                 str(plane.folder / "full.journal"), *plane.access]
    done = plane.run_program(*arguments, before=limited)
    assert done.returncode == 70, (done.returncode, done.stdout[-500:])
    said = done.stdout.splitlines()[-1]
    assert "cannot write the journal" in said and "go on with --journal" in said, said
    text = plane.run_program(*arguments, expect=0).stdout
    reached(plane, "full", text)


def an_expired_token_is_said(plane):
    plane.start()
    config = plane.folder / "expired.kubeconfig"
    text = (plane.home / "kubeconfig").read_text()
    old = text.split('token: "')[1].split('"')[0]
    config.write_text(text.replace(old, "expired-" + old))
    arguments = [str(config) if word.endswith("/kubeconfig") else word
                 for word in plane.run_arguments("expired")]
    done = plane.run_program(*arguments, expect=2)
    assert "Unauthorized" in done.stdout or "logged in" in done.stdout, done.stdout
    assert old not in done.stdout


def run_behind_proxy(plane, label, rules, expect):
    text = (plane.home / "kubeconfig").read_text()
    token = text.split('token: "')[1].split('"')[0]
    server = text.split('server: "')[1].split('"')[0]
    proxy = ApiProxy(int(server.rsplit(":", 1)[1]), token)
    proxy.rules = rules
    config = plane.folder / f"{label}.kubeconfig"
    config.write_text(text.replace(server, f"http://127.0.0.1:{proxy.port}"))
    arguments = [str(config) if word.endswith("/kubeconfig") else word
                 for word in plane.run_arguments(label)]
    try:
        done = plane.run_program(*arguments, expect=expect)
        assert all(rule.left == 0 for rule in rules if rule.left < 100), proxy.hits
        return done.stdout
    finally:
        proxy.close()


def requests_that_fail_once(plane):
    for label, rule in {
            "conflict": Rule("^PATCH .*/deployments/my-release-milvus-standalone", 409),
            "busy": Rule("^GET .*/pods", 429, times=3),
            "broken": Rule("^POST .*/pods", 500),
            "lost-request": Rule("^POST .*/configmaps\\?fieldManager=kubectl-client-side-apply",
                                 "drop-request"),
            "lost-answer": Rule("^POST .*/pods", "drop-answer"),
            "slow": Rule("^GET .*/deployments", 3.0)}.items():
        plane.start()
        reached(plane, label, run_behind_proxy(plane, label, [rule], expect=0))


def catalog_of(keys):
    """What no start of a server writes anew."""
    families = ("by-dev/meta/root-coord/collection", "by-dev/meta/root-coord/index",
                "by-dev/meta/queryCoord-collectionMeta", "by-dev/meta/datacoord-meta")
    return {key: value for key, value in keys.items() if key.startswith(families)}


def requests_that_are_forbidden_for_good(plane):
    plane.start()
    before = plane.keys()
    text = run_behind_proxy(plane, "forbidden", [Rule("^POST .*/pods", 403, times=10**6)], expect=1)
    assert "Forbidden" in text, text
    assert plane.image() == "milvusdb/milvus:v2.1.4", plane.image()
    assert catalog_of(plane.keys()) == catalog_of(before)


def a_foreign_command_is_recorded(plane):
    plane.start()
    log = plane.folder / "calls.log"
    script = (f"kubectl scale deployment {RELEASE}-milvus-standalone -n default --replicas=0; "
              "helm list -n default -q")
    done = plane.run_program("live", "watch", *plane.access, "-o", str(log), "--", "bash", "-c", script,
                             expect=0)
    assert RELEASE in done.stdout and "exit code 0" in done.stdout, done.stdout
    calls = log.read_text().splitlines()
    assert calls[1:3] == [f"kubectl scale deployment {RELEASE}-milvus-standalone -n default "
                          "--replicas=0", "    rc=0"], calls
    assert calls[3:] == ["helm list -n default -q", "    rc=0"], calls
    log.write_text("\n".join(calls[:3]) + "\n")
    scenario = plane.folder / "scale.yaml"
    scenario.write_text(f"schema: rehearse/scenario/v1\nabout: x\nstart: {{capture: {CAPTURE}}}\n"
                        f"steps:\n  - run: scale\n    replicas: 0\n"
                        f"    objects: [Deployment/{RELEASE}-milvus-standalone]\n")
    plane.run_program("conform", str(log), "--scenario", str(scenario), expect=0)
    log.write_text(log.read_text().replace("replicas=0", "replicas=1"))
    plane.run_program("conform", str(log), "--scenario", str(scenario), expect=1)


def a_node_is_heard_of_while_it_is_changed(plane):
    """Changes to a node (a cordon) must not hold back the word that it is alive, or its pods are
    marked as not ready, and kwok never makes them ready again."""
    def renewed():
        return plane.kubectl("get", "lease", "rehearsal-node", "-n", "kube-node-lease", "-o",
                             "jsonpath={.spec.renewTime}")

    def renewed_beside_a_change():
        plane.kubectl("annotate", "--overwrite", "node", "rehearsal-node", f"at={time.monotonic()}")
        return renewed() != before

    before = renewed()
    plane.wait(renewed_beside_a_change, "the node's lease to be renewed", limit_s=20)


def a_program_that_is_missing_is_said(plane):
    for program in ("helm", "kubectl"):
        arguments = [f"no-{program}-here" if word.endswith(f"/{program}") else word
                     for word in plane.run_arguments("missing")]
        done = plane.run_program(*arguments, expect=64)
        assert f"cannot start no-{program}-here: No such file or directory" in done.stdout, done.stdout


def a_kubectl_that_is_too_old_is_said(plane):
    """The server's version is the proxy's answer: two minor versions ahead."""
    version = {"major": "1", "minor": "36", "gitVersion": "v1.36.0"}
    text = run_behind_proxy(plane, "old", [Rule("^GET /version", version)], expect=64)
    assert "needed: 1.35 or newer, for a server of 1.36.0" in text, text


def a_helm_that_is_too_old_is_said(plane):
    arguments = [str(plane.old_helm()) if word.endswith("/helm") else word
                 for word in plane.run_arguments("old-helm")]
    done = plane.run_program(*arguments, expect=64)
    assert "is 3.13.0; needed: 3.14.0 or newer" in done.stdout, done.stdout


if __name__ == "__main__":
    run_tests([plan_of_the_demo,
               recorded_run_conforms,
               executor_killed_and_resumed,
               stopped_by_ctrl_c_and_resumed,
               another_run_is_kept_out,
               tool_pod_deleted_during_the_migration,
               replicas_scaled_by_hand,
               sessions_still_alive,
               helm_killed_in_the_middle,
               an_unmarked_cluster_is_not_touched,
               a_captured_cluster_can_be_imported,
               what_is_missing_in_a_capture_is_named,
               a_cluster_that_goes_away_leaves_a_resumable_run,
               a_cluster_that_is_away_for_a_while_is_waited_for,
               a_full_disk_for_the_journal_stops_before_the_action,
               an_expired_token_is_said,
               requests_that_fail_once,
               requests_that_are_forbidden_for_good,
               a_foreign_command_is_recorded,
               a_node_is_heard_of_while_it_is_changed,
               a_program_that_is_missing_is_said,
               a_kubectl_that_is_too_old_is_said,
               a_helm_that_is_too_old_is_said])
