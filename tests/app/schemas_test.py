"""Goal: the schemas accept what the commands print, and nothing that lacks or adds something.
Method: hand-made documents, each with mutations that must be refused; then the program's own output.

Usage: schemas_test.py REHEARSE [unittest arguments]
"""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from validate import ROOT, misfits, trace_misfits  # noqa: E402

# Every command that prints or writes JSON, run in this order: arguments, schema of what it prints
# (None: that is text), exit code, files it writes with their schemas. {tmp} is a folder that all of
# them share; other paths are relative to the root.
HEALTHY = "fixtures/captures/standalone-2.1.4-healthy"
RUNNING = "fixtures/etcd/milvus-2.1.0-running.jsonl"
MIGRATED = "fixtures/etcd/milvus-2.1.0-then-meta-migration-2.2.0.jsonl"
INCIDENT = "fixtures/captures/incident-meta-migration-panicked"
WALKED = "fixtures/paths/standalone-rocksmq.yaml"
COMMANDS = [
    (["laws", "--format", "json"], "laws", 0, {}),
    (["laws", "--format", "json", "--basis", "assumed"], "laws", 0, {}),
    (["properties", "--format", "json"], "properties", 0, {}),
    (["view", "--in", RUNNING, "--server", "2.2.16", "--format", "json"], "view", 0, {}),
    (["view", "--in", MIGRATED, "--server", "2.3.5", "--format", "json"], "view", 0, {}),
    (["diff-meta", RUNNING, MIGRATED, "--format", "json"], "diff-meta", 1, {}),
    (["diff-meta", RUNNING, MIGRATED, "--server", "2.2.16", "--format", "json"], "diff-meta", 1, {}),
    (["import", HEALTHY, "-o", "{tmp}/situation.json"], None, 0, {"situation.json": "situation"}),
    (["plan", "--from", HEALTHY, "--to", "2.2.16", "--format", "json"], "plan", 0, {}),
    (["plan", "--from", "{tmp}/situation.json", "--to", "latest", "--format", "json"], "plan", 0, {}),
    (["plan", "--from", INCIDENT, "--to", "2.2.16", "--format", "json"], "plan", 3, {}),
    (["plan", "--from", HEALTHY, "--check", WALKED, "--format", "json"], "path-check", 0, {}),
    (["plan", "--from", INCIDENT, "--check", WALKED, "--format", "json"], "path-check", 3, {}),
    (
        ["run", "--from", HEALTHY, "--to", "2.2.16", "--format", "json", "--trace", "{tmp}/run.jsonl"],
        "run",
        0,
        {"run.jsonl": "trace"},
    ),
    (["run", "--from", INCIDENT, "--to", "2.2.16", "--format", "json"], "run", 3, {}),
    (["replay", "scenarios/page/s15-migrate.yaml", "--format", "json"], "check", 0, {}),
    (["check", "scenarios/page/s15-migrate.yaml", "--format", "json"], "check", 0, {}),
    (
        ["check", "scenarios/defects/migrate-target-of-the-page.yaml", "--format", "json"],
        "check",
        0,
        {},
    ),
    (["lint", "scenarios", "--format", "json"], "lint", 0, {}),
    (["run", "--from", INCIDENT, "--path", WALKED, "--format", "json"], "run", 3, {}),
    (
        ["matrix", "--from", "2.1.4", "--to", "2.2.14", "--topology", "standalone", "--explain"]
        + ["--format", "json", "-o", "{tmp}"],
        "matrix",
        0,
        {},
    ),
]

HOP = {
    "id": "1",
    "from_chart": "3.2.18",
    "to_chart": "4.0.34",
    "from_app": "2.1.4",
    "to_app": "2.2.16",
    "procedure": "metadata-migration",
    "tool_image": "milvusdb/meta-migration:v2.2.0-bugfix-20230112",
    "values_set": [{"key": "image.all.tag", "value": "v2.2.16", "why": "no chart brings it"}],
    "commands": ["kubectl scale deploy/a --replicas=0"],
    "pre": ["no session is alive"],
    "post": ["the migrated metadata is equal"],
    "downtime_ms": 60000,
    "undo": "restore the backup",
    "point_of_no_return": "",
}
REFUSED = {"alternative": "one jump", "rule": "PLAN-01", "source": "a page", "message": "no"}
PLAN = {
    "schema": "rehearse/plan/v1",
    "release": "my-release",
    "namespace": "default",
    "target": "2.2.16",
    "to_chart": "4.0.34",
    "to_app": "2.2.16",
    "hops": [HOP],
    "refused": [REFUSED],
    "assumptions": [],
    "notes": [],
    "cost": {"unmeasured_steps": 0, "irreversible_steps": 1, "downtime_ms": 1, "hops": 1},
    "explanation": [],
}
REFUSAL = {
    "schema": "rehearse/plan/v1",
    "refusal": {"rule": "PLAN-02", "source": "a page", "message": "never down"},
    "refused": [REFUSED],
}
COST = {"unmeasured_steps": 0, "irreversible_steps": 1, "downtime_ms": 1, "hops": 1}
PATH_CHECK = {
    "schema": "rehearse/path-check/v1",
    "release": "my-release",
    "namespace": "default",
    "path": "path.yaml",
    "verdict": "refused",
    "situation": [],
    "hops": [
        {
            "id": "1",
            "procedure": "helm-upgrade",
            "from_chart": "3.2.18",
            "to_chart": "4.0.34",
            "from_app": "2.1.4",
            "to_app": "2.2.16",
            "verdict": "refused",
            "refused": [{"rule": "a", "source": "b", "message": "c"}],
            "evidence": "never walked",
            "prediction": {
                "workloads": [{"name": "Deployment/a", "images": ["b:c"]}],
                "message_queues": ["pulsar", "rocksmq"],
            },
            "cost": COST,
        }
    ],
    "cost": COST,
    "own": {"stops": ["chart 4.0.34 with Milvus 2.2.16"], "cost": COST},
    "assumptions": [],
}
STATE = {
    "release": {
        "name": "my-release",
        "namespace": "default",
        "revision": 1,
        "status": "deployed",
        "chart": "milvus-3.2.18",
        "app_version": "2.1.4",
    },
    "workloads": [{"kind": "Deployment", "name": "a", "images": ["b:c"], "replicas": 1, "ready": 1}],
    "pods": [{"name": "a-1", "phase": "Running", "ready": True, "images": ["b:c"]}],
    "server_version": "2.1.4",
    "metadata": {"collections": []},
}
RUN = {
    **PLAN,
    "schema": "rehearse/run/v1",
    "verdict": {
        "result": "holds",
        "exit_code": 0,
        "summary": "all is well",
        "laws": {"measured": 1, "read": 0, "assumed": 0, "ids": ["ETCD-01"]},
        "violations": [],
    },
    "before": STATE,
    "after": STATE,
    "differences": [
        {"path": "a/b", "before": "x", "after": "y", "lawful": True, "law": "MILVUS-20"},
        {"path": "a/c", "before": "x", "after": "", "lawful": False},
    ],
    "downtime_ms": 61000,
    "steps": [{"at_ms": 0, "hop": "1", "text": "check"}],
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "sh.helm.release.v1.my-release.v1"},
    "type": "helm.sh/release.v1",
    "data": {"release": "SDRz"},
}
SITUATION = {
    "schema": "rehearse/situation/v1",
    "release": "my-release",
    "namespace": "default",
    "kubernetes_version": "1.30.0",
    "helm_version": "",
    "objects": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {}}],
    "releases": [SECRET],
    "etcd": {
        "revision": 7,
        "kvs": [
            {"key": "a", "value": "YQ==", "create_revision": 1, "mod_revision": 2, "version": 2},
            {
                "key_base64": "/w==",
                "value": "",
                "create_revision": 1,
                "mod_revision": 2,
                "version": 1,
                "lease": 7,
            },
        ],
    },
    "backup_files": {"migration.bak": "AAAA"},
    "gaps": [{"what": "helm version", "consequence": "none", "assume_key": "helm"}],
    "assumptions": [{"key": "helm", "value": "3.14.0", "why": "not captured"}],
}
TRACE = [
    {
        "schema": "rehearse/trace/v1",
        "world": "simulated",
        "release": "my-release",
        "namespace": "default",
        "target": "2.2.16",
    },
    {"kind": "read", "at_ms": 0, "command": "kubectl get deploy"},
    {"kind": "start", "at_ms": 5, "operation": 1, "command": "kubectl scale"},
    {"kind": "fault", "at_ms": 5, "text": "the acknowledgement is lost"},
    {"kind": "done", "at_ms": 9, "operation": 1, "error": "timeout"},
    {"kind": "end", "at_ms": 9, "outcome": "reached", "hash": "0123"},
]


def changed(document, path, value):
    """A copy with the member at `path` replaced, or removed where value is `changed`."""
    result = copy.deepcopy(document)
    at = result
    for name in path[:-1]:
        at = at[name]
    if value is changed:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return result


class SchemaTest(unittest.TestCase):
    def accepts(self, name, *documents):
        for document in documents:
            self.assertEqual(misfits(name, document), [])

    def refuses(self, name, document, *changes):
        for path, value in changes:
            with self.subTest(path=path, value=str(value)):
                self.assertNotEqual(misfits(name, changed(document, path, value)), [])

    def every_member_is_needed(self, name, document, *optional):
        for member in document:
            if member not in optional:
                self.refuses(name, document, ([member], changed))
        self.refuses(name, document, (["surplus"], 1))

    def test_plan(self):
        helm = changed(changed(HOP, ["tool_image"], changed), ["procedure"], "helm-upgrade")
        self.accepts("plan", PLAN, REFUSAL, changed(PLAN, ["hops"], []), changed(PLAN, ["hops"], [helm]))
        self.every_member_is_needed("plan", PLAN)
        self.every_member_is_needed("plan", REFUSAL)
        self.refuses(
            "plan",
            PLAN,
            (["schema"], "rehearse/plan/v2"),
            (["hops", 0, "tool_image"], changed),
            (["hops", 0, "procedure"], "helm-upgrade"),
            (["hops", 0, "procedure"], "hope"),
            (["hops", 0, "downtime_ms"], -1),
            (["hops", 0, "downtime_ms"], 1.5),
            (["hops", 0, "to_chart"], "v4"),
            (["hops", 0, "commands"], []),
            (["hops", 0, "undo"], ""),
            (["refused", 0, "source"], ""),
            (["refusal"], REFUSAL["refusal"]),
        )

    def test_path_check(self):
        refused = PATH_CHECK["hops"][0]["refused"]
        self.accepts(
            "path-check",
            PATH_CHECK,
            changed(PATH_CHECK, ["own"], {"stops": [], "refusal": "no allowed path"}),
        )
        self.every_member_is_needed("path-check", PATH_CHECK)
        self.refuses(
            "path-check",
            PATH_CHECK,
            (["verdict"], "fine"),
            (["hops"], []),
            (["hops", 0, "refused"], []),
            (["hops", 0, "verdict"], "accepted"),
            (["hops", 0, "verdict"], "unknown"),
            (["hops", 0, "procedure"], "hope"),
            (["hops", 0, "cost", "hops"], -1),
            (["situation"], [{**refused[0], "source": ""}]),
            (["own"], {"stops": []}),
        )

    def test_run(self):
        self.accepts("run", RUN, {**REFUSAL, "schema": "rehearse/run/v1"})
        self.every_member_is_needed("run", RUN)
        self.refuses(
            "run",
            RUN,
            (["verdict", "exit_code"], 1),
            (["verdict", "result"], "fine"),
            (["verdict", "laws", "ids"], ["etcd 1"]),
            (["differences", 0, "law"], changed),
            (["before", "release", "status"], "ok"),
            (["after", "pods", 0, "phase"], "Ready"),
            (["steps", 0, "at_ms"], "0"),
        )

    def test_situation(self):
        self.accepts("situation", SITUATION)
        self.every_member_is_needed("situation", SITUATION)
        self.refuses(
            "situation",
            SITUATION,
            (["releases"], []),
            (["releases", 0, "type"], "Opaque"),
            (["objects", 0, "kind"], changed),
            (["etcd", "kvs", 0, "value"], "a"),
            (["etcd", "kvs", 0, "key"], changed),
            (["etcd", "kvs", 0, "key_base64"], "YQ=="),
            (["backup_files", "migration.bak"], "%"),
        )

    def test_trace(self):
        def trace(lines):
            return trace_misfits("\n".join(json.dumps(line) for line in lines))

        self.assertEqual(trace(TRACE), [])
        for lines in (
            TRACE[1:],
            TRACE[:-1],
            TRACE[:1] + TRACE,
            [TRACE[0], TRACE[2], TRACE[1], TRACE[-1]],
            changed(TRACE, [1, "command"], changed),
            changed(TRACE, [1, "kind"], "guess"),
            changed(TRACE, [-1, "hash"], changed),
        ):
            self.assertNotEqual(trace(lines), [])

    def test_laws(self):
        law = {"id": "ETCD-01", "basis": "read", "statement": "a", "source": "b"}
        laws = {
            "schema": "rehearse/laws/v1",
            "counts": {"total": 1, "measured": 0, "read": 1, "assumed": 0},
            "laws": [law],
        }
        self.accepts("laws", laws)
        self.every_member_is_needed("laws", laws)
        self.refuses("laws", laws, (["laws", 0, "basis"], "sure"), (["laws", 0, "source"], ""))

    def test_properties(self):
        row = {"kind": "always", "name": "a", "source": "b"}
        properties = {"schema": "rehearse/properties/v1", "properties": [row]}
        self.accepts("properties", properties)
        self.every_member_is_needed("properties", properties)
        self.refuses("properties", properties, (["properties", 0, "kind"], "never"))

    def test_view(self):
        collection = {
            "id": 1,
            "name": "a",
            "database": "",
            "description": "",
            "shards": 2,
            "consistency": "Bounded",
            "fields": [{"id": 100, "name": "id", "type": "Int64", "primary_key": True, "params": {}}],
            "partitions": [{"id": 11, "name": "_default", "rows": 5}],
            "aliases": ["b"],
            "indexes": [
                {
                    "id": 21,
                    "name": "i",
                    "field_id": 101,
                    "field": "vec",
                    "params": {"nlist": "16"},
                    "segments": 1,
                    "unbuilt_segments": 0,
                }
            ],
            "load": {"state": "loaded", "partitions": ["_default"], "replica_number": 1},
            "rows": 5,
        }
        view = {
            "schema": "rehearse/view/v1",
            "server": "2.2.16",
            "collections": [collection],
            "silent_losses": [],
            "families": {"collection": 1},
            "unknown_keys": [],
        }
        self.accepts("view", view)
        self.every_member_is_needed("view", view)
        self.refuses(
            "view",
            view,
            (["collections", 0, "load", "state"], "odd"),
            (["collections", 0, "rows"], "5"),
            (["collections", 0, "indexes", 0, "params", "nlist"], 16),
            (["families", "collection"], 0),
        )

    def test_diff_meta(self):
        key = {"family": "index", "key": "k", "field": "a", "before": "1", "after": "2"}
        keys = {"schema": "rehearse/diff-meta/v1", "differences": [key], "allowed": ["why"]}
        seen = {"path": "collections/a/rows", "before": "1", "after": "2"}
        views = {"schema": "rehearse/diff-meta/v1", "server": "2.2.16", "differences": [seen]}
        self.accepts("diff-meta", keys, views)
        self.every_member_is_needed("diff-meta", keys)
        self.every_member_is_needed("diff-meta", views)
        self.refuses("diff-meta", keys, (["differences", 0, "family"], ""), (["differences", 0], seen))
    def test_scenario_files(self):
        for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
            with self.subTest(path=path.name):
                self.accepts("scenario", yaml.safe_load(path.read_text()))

    def check_file(self, path, name):
        text = path.read_text()
        found = trace_misfits(text) if name == "trace" else misfits(name, json.loads(text))
        self.assertEqual(found, [], path.name)

    def test_what_the_program_prints(self):
        with tempfile.TemporaryDirectory() as tmp:
            for arguments, name, exit_code, files in COMMANDS:
                with self.subTest(arguments=arguments):
                    done = subprocess.run(
                        [REHEARSE, *(argument.replace("{tmp}", tmp) for argument in arguments)],
                        cwd=ROOT,
                        capture_output=True,
                        text=True,
                        check=False,
                    )
                    self.assertEqual(done.returncode, exit_code, done.stderr)
                    if name is not None:  # beside a document nothing is said
                        self.assertEqual(done.stderr, "")
                    if name is not None:
                        self.accepts(name, json.loads(done.stdout))
                    for file, schema in files.items():
                        self.check_file(pathlib.Path(tmp) / file, schema)


if __name__ == "__main__":
    REHEARSE = sys.argv.pop(1)
    unittest.main()
