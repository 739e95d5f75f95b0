"""A control plane of real processes for the tests in this folder, and how they use it.

Everything is real but Milvus and the migration tool (stand-ins on a real etcd) and the kubelet (kwok).
"""

import base64
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

# A test that is told to end takes its control plane down.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = pathlib.Path(os.environ.get("REHEARSE_CACHE") or pathlib.Path.home() / ".cache/rehearse")
CAPTURE = ROOT / "fixtures/captures/standalone-2.1.4-healthy"
RELEASE = "my-release"


def version_of(part):
    for line in (ROOT / "live/parts/versions.sh").read_text().splitlines():
        if line.startswith(part.upper() + "_VERSION="):
            return line.split(":-")[1].split("}")[0]
    raise KeyError(part)


HELM = CACHE / f"parts/helm-{version_of('helm')}/helm"
KUBECTL = CACHE / f"parts/kubernetes-{version_of('kubernetes')}/kubectl"


def tail(text, lines=15):
    return "\n".join(text.splitlines()[-lines:])


class ControlPlane:
    """Up on entering, down on leaving."""

    def __init__(self, program, name):
        self.program = str(pathlib.Path(program).resolve())
        self.name = name
        self.home = CACHE / "control-planes" / name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rehearse-live-"))

    def __enter__(self):
        self.live("up", "control-plane", "--name", self.name)
        self.etcd = (self.home / "milvus-etcd-endpoint").read_text().strip()
        return self

    def __exit__(self, *_):
        self.live("down", "control-plane", "--name", self.name)

    def live(self, *arguments):
        subprocess.run([self.program, "live", *arguments], check=True, cwd=ROOT)

    @property
    def access(self):
        return [*self.access_to(f"rehearse-{self.name}"), "--etcd", self.etcd]

    def access_to(self, context):
        return ["--context", context, "--kubeconfig", str(self.home / "kubeconfig"), "--namespace",
                "default", "--release", RELEASE, "--kubectl", str(KUBECTL), "--helm", str(HELM)]

    def kubectl(self, *arguments, check=True, stdin=None):
        return subprocess.run([str(KUBECTL), "--kubeconfig", str(self.home / "kubeconfig"), *arguments],
                              check=check, text=True, input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE).stdout

    def helm(self, *arguments, check=True):
        return subprocess.run([str(HELM), "--kubeconfig", str(self.home / "kubeconfig"), *arguments],
                              check=check, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def etcd_post(self, path, body):
        request = urllib.request.Request(self.etcd + path, json.dumps(body).encode())
        return json.load(urllib.request.urlopen(request, timeout=10))

    def keys(self):
        everything = base64.b64encode(b"\0").decode()
        answer = self.etcd_post("/v3/kv/range", {"key": everything, "range_end": everything})
        return {base64.b64decode(kv["key"]).decode(): base64.b64decode(kv.get("value", ""))
                for kv in answer.get("kvs", [])}

    def put(self, key, value, ttl_s=0):
        body = {"key": base64.b64encode(key.encode()).decode(),
                "value": base64.b64encode(value.encode()).decode()}
        if ttl_s:
            body["lease"] = self.etcd_post("/v3/lease/grant", {"TTL": ttl_s})["ID"]
        self.etcd_post("/v3/kv/put", body)

    def clear(self):
        """As it was when it came up: no release, no helper objects, an empty etcd."""
        self.helm("uninstall", RELEASE, "--wait", "--timeout", "60s", check=False)
        for kind in ("pods", "persistentvolumeclaims", "configmaps", "execs.kwok.x-k8s.io",
                     "logs.kwok.x-k8s.io"):
            self.kubectl("delete", kind, "--all", "-n", "default", "--wait=true", "--timeout=60s")
        self.kubectl("delete", "secrets", "-l", "owner=helm", "-n", "default")
        self.kubectl("get", "pv", "-o", "name")
        for volume in json.loads(self.kubectl("get", "pv", "-o", "json"))["items"]:
            if volume["status"].get("phase") in ("Released", "Failed"):
                self.kubectl("patch", "pv", volume["metadata"]["name"], "--type=merge", "-p",
                             '{"spec": {"claimRef": null}}')
        everything = base64.b64encode(b"\0").decode()
        self.wait(lambda: not any("/session/" in key and not key.endswith("/id")
                                  for key in self.keys()), "sessions to end")
        self.etcd_post("/v3/kv/deleterange", {"key": everything, "range_end": everything})

    def wait(self, condition, what, limit_s=60):
        end = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"waited {limit_s} s in vain for {what}")
            time.sleep(0.1)

    def start(self, capture=CAPTURE):
        """The release and the metadata of a capture."""
        self.clear()
        self.run_program("live", "start", "--from", str(capture), *self.access, expect=0)
        self.wait(lambda: "by-dev/meta/session/proxy-" in " ".join(self.keys()) or
                  any("/session/proxy" in key for key in self.keys()), "Milvus's sessions")

    def run_program(self, *arguments, expect=None, before=None):
        """`before` is called in the child before it becomes the program."""
        done = subprocess.run([self.program, *arguments], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=ROOT, preexec_fn=before)
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"exit code {done.returncode}, expected {expect}: "
                                 f"{' '.join(arguments)}\n{tail(done.stdout)}")
        return done

    def charts(self):
        """A folder with the charts of the plan."""
        folder = self.folder / "charts"
        for version in ("3.2.18", "4.0.34"):
            if not (folder / f"milvus-{version}").exists():
                self.run_program("live", "chart", version, "-o", str(folder / f"milvus-{version}"),
                                 expect=0)
        return folder

    def old_helm(self):
        """The real helm, built to say that it is 3.13.0."""
        subprocess.run([str(ROOT / "live/parts/build.sh"), "helm-old"], check=True)
        return CACHE / "parts/helm-old-3.13.0/helm-old"

    def run_arguments(self, label, *more):
        return ["live", "run", "--to", "2.2.16", "--chart-source", "bundled", "--poll-ms", "500",
                "--journal", str(self.folder / f"{label}.journal"),
                "--trace", str(self.folder / f"{label}.jsonl"), *self.access, *more]

    def begin_run(self, label, *more):
        log = open(self.folder / f"{label}.log", "w")
        return subprocess.Popen([self.program, *self.run_arguments(label, *more)], stdout=log,
                                stderr=subprocess.STDOUT, cwd=ROOT)

    def log(self, label):
        return (self.folder / f"{label}.log").read_text()

    def wait_for_said(self, label, process, text, limit_s=90):
        def said():
            if text in self.log(label):
                return True
            if process.poll() is not None:
                raise AssertionError(f"ended before it said {text!r}:\n{tail(self.log(label))}")
            return False
        self.wait(said, f"{text!r} in {label}", limit_s)

    def wait_for_stage(self, label, process, stage):
        self.wait_for_said(label, process, f"\n{stage} ")

    def end_run(self, label, process, expect, limit_s=240):
        code = process.wait(limit_s)
        if code != expect:
            raise AssertionError(f"{label}: exit code {code}, expected {expect}:\n"
                                 f"{tail(self.log(label))}")
        return self.log(label)

    def finish(self, label, expect=0):
        return self.end_run(label, self.begin_run(label), expect)

    def image(self):
        deployment = json.loads(self.kubectl(
            "get", "deployment", f"{RELEASE}-milvus-standalone", "-n", "default", "-o", "json"))
        return deployment["spec"]["template"]["spec"]["containers"][0]["image"]

    def trace(self, label):
        return [json.loads(line) for line in (self.folder / f"{label}.jsonl").read_text().splitlines()]


def run_tests(tests):
    """Runs functions one after the other; the first argument of the process is the program."""
    program = sys.argv[1]
    wanted = sys.argv[2:]
    failed = 0
    with ControlPlane(program, f"test-{os.getpid()}") as plane:
        for test in tests:
            if wanted and test.__name__ not in wanted:
                continue
            began = time.monotonic()
            try:
                test(plane)
                word = "ok"
            except Exception as error:  # every test is to run, whatever an earlier one met
                failed += 1
                word = f"FAILED: {error}"
            print(f"{test.__name__}: {word} ({time.monotonic() - began:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)


def interrupt(process):
    process.send_signal(signal.SIGINT)


def look_at(laws, wanted, *subject):
    """What each law's function saw, by law, and how many failed."""
    seen = {}
    failed = 0
    for law, function in laws.items():
        if wanted and law not in wanted:
            continue
        try:
            seen[law] = function(*subject)
            print(f"{law}: {json.dumps(seen[law])}", flush=True)
        except Exception as error:  # every law is to be looked at, whatever an earlier one met
            failed += 1
            print(f"{law}: FAILED: {error!r}", flush=True)
    return seen, failed


def compare_with(record, parts, seen):
    """How many laws were seen otherwise than recorded; with `parts` what was seen is recorded first."""
    if parts:
        record.write_text(json.dumps({"parts": parts, "seen": seen}, indent=1) + "\n")
    recorded = json.loads(record.read_text())["seen"] if record.exists() else {}
    differing = [law for law, facts in seen.items() if recorded.get(law) != facts]
    for law in differing:
        print(f"{law}: recorded {json.dumps(recorded.get(law))}", flush=True)
    return len(differing)
