"""Goal: other names than those of the bundled captures give commands with those names, and runs that
hold. Method: fixtures/captures/rename.py makes the captures; plans are read as JSON, runs by exit code.

Usage: renamed_captures_test.py REHEARSE [unittest arguments]
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STANDALONE = "standalone-2.1.4-healthy"
CLUSTER = "cluster-2.3.0-pulsar-healthy"


def renamed(folder, capture, *flags):
    script = ROOT / "fixtures/captures/rename.py"
    source = ROOT / "fixtures/captures" / capture
    subprocess.run([sys.executable, script, source, "-o", folder, *flags], check=True)
    return folder


def call(*arguments):
    return subprocess.run(
        [REHEARSE, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def plan(capture, target):
    done = call("plan", "--from", capture, "--to", target, "--format", "json")
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return json.loads(done.stdout)


def typed(document):
    return "\n".join(command for hop in document["hops"] for command in hop["commands"])


class RenamedCapturesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def made(self, capture, *flags):
        return renamed(self.folder.name, capture, *flags)

    def says(self, commands, *parts):
        for part in parts:
            self.assertIn(part, commands)

    def runs(self, capture, target):
        done = call("run", "--from", capture, "--to", target)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr)

    def test_everything_is_named_otherwise(self):
        capture = self.made(
            STANDALONE,
            *("--release", "prod", "--namespace", "vectors"),
            *("--root-path", "tenant-a", "--image-tag", "v2.1.4"),
        )
        document = plan(capture, "2.2.16")
        commands = typed(document)
        self.says(
            commands,
            "kubectl scale deployment prod-milvus-standalone -n vectors --replicas=0",
            "kubectl exec prod-etcd-0 -n vectors -- etcdctl get --prefix tenant-a/meta/session/",
            "- prod-etcd:2379",
            "rootPath: tenant-a",
            "helm upgrade prod zilliztech/milvus -n vectors --version 4.0.34",
            "--set image.all.tag=v2.2.16",
            "kubectl rollout status deployment/prod-milvus-standalone -n vectors",
        )
        self.assertNotIn("my-release", commands)
        user_yaml = [
            value["value"]
            for hop in document["hops"]
            for value in hop["values_set"]
            if value["key"] == "extraConfigFiles.user\\.yaml"
        ]
        self.assertEqual(user_yaml, ["etcd:\n  rootPath: tenant-a\n"])
        self.says(
            "\n".join(refused["alternative"] for refused in document["refused"]),
            "./migrate.sh -i prod -n vectors -s 2.1.4 -t 2.5.12 -r tenant-a",
        )
        self.runs(capture, "2.2.16")

    def test_a_release_whose_name_contains_milvus(self):
        capture = self.made(STANDALONE, "--release", "milvus")
        commands = typed(plan(capture, "2.5.12"))
        self.says(
            commands,
            "kubectl scale deployment milvus-standalone -n default --replicas=0",
            "- milvus-etcd:2379",
            "kubectl rollout status deployment/milvus-standalone -n default",
            "kubectl rollout status deployment/milvus-minio -n default",
        )
        self.assertNotIn("milvus-milvus", commands)
        self.runs(capture, "2.5.12")

    def test_a_release_whose_name_contains_etcd(self):
        capture = self.made(STANDALONE, "--release", "my-etcd", "--root-path", "x/y")
        commands = typed(plan(capture, "2.2.16"))
        self.says(
            commands,
            "kubectl scale deployment my-etcd-milvus-standalone -n default --replicas=0",
            "kubectl exec my-etcd-0 -n default -- etcdctl get --prefix x/y/meta/session/",
            "- my-etcd:2379",
            "kubectl rollout status statefulset/my-etcd -n default",
        )
        self.assertNotIn("my-etcd-etcd", commands)
        self.runs(capture, "2.2.16")

    def test_a_cluster_with_a_pinned_tag_and_a_root_path_of_its_own(self):
        capture = self.made(
            CLUSTER,
            *("--release", "milvus-prod", "--namespace", "db"),
            *("--root-path", "tenant-a", "--image-tag", "v2.3.0"),
        )
        document = plan(capture, "2.5.12")
        self.says(
            typed(document),
            "helm upgrade milvus-prod zilliztech/milvus -n db --version 4.1.36",
            "--set image.all.tag=v2.4.5",
            "kubectl rollout status deployment/milvus-prod-rootcoord -n db",
            "kubectl rollout status statefulset/milvus-prod-pulsar-broker -n db",
        )
        self.runs(capture, "2.5.12")


if __name__ == "__main__":
    REHEARSE = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
