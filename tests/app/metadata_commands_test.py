"""Goal: migrate-meta, view and diff-meta answer as a user of the real tool and servers would expect.
Method: the program on every real dump: the pairs of the real tool, its own output line by line,
what each server shows of each dump (one test a row of the measurements), and input that is no dump.

Usage: metadata_commands_test.py REHEARSE [unittest arguments]
"""

import base64
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ETCD = ROOT / "fixtures" / "etcd"
RUNNING = ETCD / "milvus-2.1.0-running.jsonl"
MIGRATED = ETCD / "milvus-2.1.0-then-meta-migration-2.2.0.jsonl"
PARTITION = ETCD / "milvus-2.1.0-partition-loaded.jsonl"
BACKUP = ETCD / "milvus-2.1.0.migration.bak"
IMAGES = ("v2.2.0", "v2.2.0-bugfix-20230112")
HEAD = ("Cmd: ", "Type: ")  # they name files and endpoints of their own


def call(*arguments):
    return subprocess.run(
        [REHEARSE, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def real_lines(name):
    """What the real tool printed, without the addresses of a stack trace."""
    text = (ETCD / name).read_text()
    lines = [re.sub(r"\((\{0x|0x)[^)]*\)$", "(...)", line) for line in text.splitlines()]
    return [line for line in lines if not line.startswith(HEAD)]


def said(done):
    return [line for line in done.stdout.splitlines() if not line.startswith(HEAD)]


def varint(number):
    more = number >> 7
    return bytes([number & 127 | (128 if more else 0)]) + (varint(more) if more else b"")


def fields(value):
    """The numbers of a protobuf value by field; it has no other fields."""
    found, number, shift, parts = {}, 0, 0, []
    for byte in base64.b64decode(value):
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            parts.append(number)
            number, shift = 0, 0
    for tag, content in zip(parts[::2], parts[1::2]):
        found[tag >> 3] = content
    return found


class Commands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tmp = pathlib.Path(folder.name)
        self.out = self.tmp / "out.jsonl"

    def migrate(self, dump, *more, tool=IMAGES[1], exit_code=0, source="2.1.0", target="2.2.0"):
        done = call(
            "migrate-meta", "--in", dump, "--tool", tool, "--source", source, "--target", target,
            "--out", self.out, *more,
        )  # fmt: skip
        self.assertEqual(done.returncode, exit_code, done.stdout + done.stderr)
        return done

    def assert_same(self, real):
        done = call("diff-meta", self.out, ETCD / real)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.endswith("no difference\n"))

    def refused(self, *arguments):
        """Bad input: exit 64, one line that names the file, nothing on stdout."""
        done = call(*arguments)
        self.assertEqual(done.returncode, 64, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse(self.out.exists())
        return done.stderr


class PairsTest(Commands):
    def test_the_run_of_both_images(self):
        for tool in IMAGES:
            done = self.migrate(RUNNING, "--expire-leases", tool=tool)
            self.assertEqual(said(done), [*real_lines("meta-migration-run.out"), "tool exit code: 0"])
            self.assert_same(MIGRATED.name)

    def test_the_rollback(self):
        done = self.migrate(MIGRATED, "--op", "rollback", "--backup", BACKUP)
        self.assertEqual(said(done), [*real_lines("meta-migration-rollback.out"), "tool exit code: 0"])
        self.assert_same("meta-migration-rolled-back.jsonl")

    def test_the_panic(self):
        done = self.migrate(PARTITION, "--expire-leases", tool=IMAGES[0], exit_code=1)
        self.assertEqual(
            said(done), [*real_lines("meta-migration-panic.out"), "tool exit code: 2 (panic)"]
        )
        self.assertIn("panic: assignment to entry in nil map", said(done))
        self.assert_same("meta-migration-2.2.0-panicked-after-clean.jsonl")
        self.assertEqual(len(self.out.read_text().splitlines()), 30)

    def test_the_fixed_image_on_the_same(self):
        self.migrate(PARTITION, "--expire-leases")
        self.assert_same("meta-migration-with-fix-21584-on-partition-loaded.jsonl")

    def test_a_live_dump_is_refused_with_the_tools_words(self):
        for tool in IMAGES:
            done = self.migrate(RUNNING, tool=tool, exit_code=1)
            self.assertEqual(
                said(done), [*real_lines("meta-migration-live-session.out"), "tool exit code: 1"]
            )
            same = call("diff-meta", RUNNING, self.out)
            self.assertEqual(same.returncode, 0, same.stdout)

    def test_the_backup_is_the_real_one(self):
        ours = self.tmp / "ours.bak"
        self.migrate(RUNNING, "--expire-leases", "--op", "backup", "--backup", ours)
        self.assertEqual(ours.stat().st_size, BACKUP.stat().st_size)
        self.assertEqual(call("diff-meta", ours, BACKUP).stdout, "no difference\n")

    def test_a_colliding_record_may_be_of_any_of_its_indexes_and_of_no_other(self):
        self.migrate(RUNNING, "--expire-leases")
        lines = self.out.read_text().splitlines()
        entries = {json.loads(line)["key"]: i for i, line in enumerate(lines)}
        old = [
            fields(json.loads(line)["value"])
            for line in RUNNING.read_text().splitlines()
            if "/meta/root-coord/segment-index/" in line
        ]
        checked = 0
        for record in old:
            collection, partition, segment, index, created = (record.get(n, 0) for n in (1, 2, 3, 5, 8))
            key = f"by-dev/meta/segment-index/{collection}/{partition}/{segment}/0"
            if record.get(6, 0) != 0 or fields(json.loads(lines[entries[key]])["value"])[5] == index:
                continue
            for other, exit_code in ((index, 0), (index + 1, 1)):
                self.put(lines, entries[key], {5: other, 13: created})
                done = call("diff-meta", self.out, MIGRATED)
                self.assertEqual(done.returncode, exit_code, done.stdout)
            checked += 1
        self.assertEqual(checked, 2)  # songs: two indexes on each of two segments

    def put(self, lines, at, changes):
        """Writes the dump with fields of one value replaced."""
        entry = json.loads(lines[at])
        value = b"".join(
            varint(number << 3) + varint(content)
            for number, content in sorted({**fields(entry["value"]), **changes}.items())
        )
        entry["value"] = base64.b64encode(value).decode()
        self.out.write_text("\n".join([*lines[:at], json.dumps(entry), *lines[at + 1 :]]))


class RunsTest(Commands):
    def test_killed_at_any_put_the_backup_brings_all_back(self):
        backup = self.tmp / "b.bak"
        self.migrate(RUNNING, "--expire-leases", "--op", "backup", "--backup", backup)
        for puts in (0, 1, 7, 24):
            done = self.migrate(RUNNING, "--expire-leases", "--kill-after", puts, exit_code=1)
            self.assertEqual(said(done)[-1], f"tool killed after {puts} puts")
            half = self.tmp / "half.jsonl"
            self.out.rename(half)
            left = self.migrate(half, exit_code=1)  # the killed one's session is still there
            self.assertEqual(said(left)[-2:], ["other migration is running", "tool exit code: 1"])
            self.migrate(half, "--expire-leases", "--op", "rollback", "--backup", backup)
            self.assert_same(RUNNING.name)
        self.migrate(RUNNING, "--expire-leases", "--kill-after", 25)

    def test_run_with_a_backup_writes_it_first(self):
        backup = self.tmp / "b.bak"
        done = self.migrate(RUNNING, "--expire-leases", "--backup", backup)
        self.assertIn(f"backup to: {backup}", said(done))
        self.assertNotIn("run migration without backup!", said(done))
        self.assertEqual(call("diff-meta", backup, BACKUP).returncode, 0)
        self.assert_same(MIGRATED.name)

    def test_rollback_without_a_backup_cleans_and_then_fails(self):
        done = self.migrate(MIGRATED, "--op", "rollback", exit_code=1)
        self.assertIn("open : no such file or directory", said(done))
        view = call("view", "--in", self.out, "--server", "2.2.16")
        self.assertIn("0 collections", view.stdout)

    def test_versions_end_with_the_tools_words_and_code(self):
        for source, target, code, words in (
            ("2.1.4", "2.5.12", 2, "is forbidden, source: 2.1.4, target: 2.5.12"),
            ("2.1.4", "2.1.4", 0, "version compatible, no need to migrate"),
            ("2.1.4", "2.2.0-rc1", 0, "version compatible, no need to migrate"),
            ("v2.1.4", "2.2.0", 1, 'Invalid character(s) found in major number "v2"'),
        ):
            done = self.migrate(
                RUNNING, "--expire-leases", source=source, target=target, exit_code=min(code, 1)
            )
            self.assertIn(words, done.stdout)
            self.assertEqual(said(done)[-1], f"tool exit code: {code}")

    def test_every_form_of_a_dump_is_the_same_dump(self):
        entries = [json.loads(line) for line in RUNNING.read_text().splitlines()]
        for entry in entries:
            entry["key"] = base64.b64encode(entry["key"].encode()).decode()
        document = {"header": {"cluster_id": 1, "revision": 9}, "kvs": entries, "count": len(entries)}
        forms = {
            "etcdctl.json": json.dumps(document).encode(),
            "pretty.json": json.dumps(document, indent=2).encode(),
            "lines.gz": gzip.compress(RUNNING.read_bytes()),
            "etcdctl.gz": gzip.compress(json.dumps(document).encode()),
        }
        for name, content in forms.items():
            (self.tmp / name).write_bytes(content)
            done = call("diff-meta", self.tmp / name, RUNNING)
            self.assertEqual(done.returncode, 0, name + done.stdout + done.stderr)
            self.migrate(self.tmp / name, "--expire-leases")
            self.assert_same(MIGRATED.name)
        (self.tmp / "b.gz").write_bytes(gzip.compress(BACKUP.read_bytes()))
        self.assertEqual(call("diff-meta", self.tmp / "b.gz", BACKUP).returncode, 0)

    def test_every_dump_goes_through_every_tool_and_server(self):
        for dump in [*ETCD.glob("*.jsonl"), BACKUP]:
            for server in ("2.0.2", "2.1.0", "2.2.0", "2.2.16", "2.3.5", "2.5.12", "2.6.0"):
                done = call("view", "--in", dump, "--server", server)
                self.assertEqual(done.returncode, 0, f"{dump} {server} {done.stderr}")
                self.assertNotIn("unknown", done.stdout)
            for tool in IMAGES:
                panics = dump == PARTITION and tool == IMAGES[0]
                self.migrate(dump, "--expire-leases", tool=tool, exit_code=1 if panics else 0)

    def test_a_key_that_is_no_text_survives(self):
        key = base64.b64encode(b"by-dev/\xff\xfe").decode()
        dump = self.tmp / "d.json"
        dump.write_text(json.dumps({"header": {}, "kvs": [{"key": key, "value": "AA=="}]}))
        self.migrate(dump)
        self.assertIn(f'"key_base64":"{key}"', self.out.read_text())
        unknown = call("view", "--in", self.out, "--server", "2.2.16")
        self.assertIn("unknown 1", unknown.stdout)


class BadInputTest(Commands):
    def test_what_is_no_dump_is_named(self):
        lines = RUNNING.read_text()
        for content, words in (
            (b"", "empty"),
            (b"hello", "not JSON at byte 1"),
            (b"[]", "neither etcdctl's JSON"),
            (b'{"a":1}', "neither etcdctl's JSON"),
            (b'{"key":"a","value":"%"}', "line 1: value: not base64"),
            (b'{"key":1e999}', "number that is too large"),
            (b"[" * 100000, "nested deeper"),
            (lines[:5000].encode(), "not JSON at byte"),
            (lines.encode() + lines.splitlines()[0].encode(), "stands there twice"),
            (gzip.compress(lines.encode())[:500], "gzip stream is damaged or cut short"),
            (gzip.compress(gzip.compress(b"{}")), "gzip inside gzip"),
            (BACKUP.read_bytes()[:5000], "invalid backup file, cannot read entry"),
        ):
            dump = self.tmp / "dump"
            dump.write_bytes(content)
            for arguments in (
                ["view", "--in", dump, "--server", "2.1.0"],
                ["diff-meta", RUNNING, dump],
                ["migrate-meta", "--in", dump, "--tool", "v2.2.0", "--source", "2.1.0", "--target",
                 "2.2.0", "--out", self.out],
            ):  # fmt: skip
                error = self.refused(*arguments)
                self.assertIn(str(dump), error)
                self.assertIn(words, error)
                self.assertEqual(len(error.splitlines()), 1, error)

    def test_wrong_usage_is_named_and_nothing_is_written(self):
        run = ["migrate-meta", "--in", RUNNING, "--source", "2.1.0", "--out", self.out, "--tool"]
        self.assertIn("known: v2.2.0", self.refused(*run, "v9"))
        self.assertIn("--op backup needs", self.refused(*run, "v2.2.0", "--op", "backup"))
        self.assertIn("drop", self.refused(*run, "v2.2.0", "--op", "drop"))
        self.assertIn("--kill-after", self.refused(*run, "v2.2.0", "--kill-after", "-1"))
        gone = self.tmp / "gone"
        self.assertIn(
            f"cannot read {gone}", self.refused(*run, "v2.2.0", "--op", "rollback", "--backup", gone)
        )
        self.assertIn("banana", self.refused("view", "--in", RUNNING, "--server", "banana"))
        self.assertIn("cannot read", self.refused("view", "--in", gone, "--server", "2.1.0"))
        self.out = self.tmp / "no" / "folder"
        self.assertIn("cannot write", self.refused(*run[:-2], self.out, "--tool", "v2.2.0"))

    def test_a_value_that_no_server_can_read_is_named_with_its_key(self):
        dump = self.tmp / "d.jsonl"
        dump.write_text('{"key":"by-dev/meta/root-coord/collection/1","value":"/w=="}\n')
        error = self.refused("view", "--in", dump, "--server", "2.2.16")
        self.assertIn("by-dev/meta/root-coord/collection/1", error)


# Of each collection: rows, aliases, indexes (name of field), load.
WHOLE_21 = {
    "books": (5000, ["shelf"], {"_default_idx": "vec"}, "loaded"),
    "empty": (0, [], {}, "released"),
    "songs": (1500, ["tunes"], {"_default_idx": "vec", "id_idx": "id"}, "loaded"),
}
WHOLE_22 = {
    "books": (5000, ["shelf"], {"_default_idx_102": "vec"}, "loaded"),
    "empty": (0, [], {}, "released"),
    "songs": (1500, ["tunes"], {"_default_idx_102": "vec", "id_idx": "id"}, "loaded"),
}


def without(view, aliases=False, indexes=False, loads=False):
    return {
        name: (rows, [] if aliases else a, {} if indexes else i, "released" if loads else load)
        for name, (rows, a, i, load) in view.items()
    }


class ViewTest(Commands):
    def view(self, dump, server):
        done = call("view", "--in", ETCD / f"{dump}.jsonl", "--server", server, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def shows(self, dump, server, expected, losses=()):
        view = self.view(dump, server)
        seen = {
            c["name"]: (
                c["rows"],
                c["aliases"],
                {index["name"]: index["field"] for index in c["indexes"]},
                c["load"]["state"],
            )
            for c in view["collections"]
        }
        self.assertEqual(seen, expected)
        self.assertEqual(len(view["silent_losses"]), len(losses), view["silent_losses"])
        for loss, word in zip(view["silent_losses"], losses):
            self.assertIn(word, loss)

    def test_a5_2_2_16_on_migrated_shows_all(self):
        for dump in ("milvus-2.1.0-then-meta-migration-2.2.0", "milvus-2.2.16-on-migrated"):
            self.shows(dump, "2.2.16", WHOLE_22)

    def test_a6_2_2_16_on_unmigrated_silently_loses_indexes_and_loads(self):
        for dump in ("milvus-2.1.0-running", "milvus-2.2.16-on-unmigrated"):
            expected = without(WHOLE_21, indexes=True, loads=True)
            self.shows(dump, "2.2.16", expected, ("index", "load"))

    def test_a7_2_1_0_on_migrated_silently_loses_indexes_and_aliases(self):
        for dump in ("milvus-2.1.0-then-meta-migration-2.2.0", "milvus-2.1.0-on-2.2-metadata"):
            expected = without(WHOLE_21, indexes=True, aliases=True)
            self.shows(dump, "2.1.0", expected, ("index", "aliases"))

    def test_a8_a9_2_1_0_after_the_rollback_shows_all_again(self):
        self.shows("meta-migration-rolled-back", "2.1.0", WHOLE_21)
        done = call("diff-meta", RUNNING, ETCD / "meta-migration-rolled-back.jsonl", "--server", "2.1.0")
        self.assertEqual(done.stdout, "no difference\n")

    def test_a12_a_collection_loaded_without_an_index_is_released(self):
        before = {c["name"]: c["load"]["state"] for c in self.view(PARTITION.stem, "2.1.0")["collections"]}
        self.assertEqual(before, {"notes": "loaded", "photos": "partitions loaded"})
        fixed = "meta-migration-with-fix-21584-on-partition-loaded"
        after = {c["name"]: c["load"] for c in self.view(fixed, "2.2.16")["collections"]}
        self.assertEqual(after["notes"]["state"], "released")
        self.assertEqual(after["photos"]["state"], "partitions loaded")
        self.assertEqual(after["photos"]["partitions"], ["y2022"])

    def test_a14_2_3_5_on_migrated_shows_all(self):
        for dump in ("milvus-2.1.0-then-meta-migration-2.2.0", "milvus-2.3.5-on-migrated"):
            self.shows(dump, "2.3.5", WHOLE_22)

    def test_a15_2_3_5_on_unmigrated_silently_loses_indexes_and_loads(self):
        for dump in ("milvus-2.1.0-running", "milvus-2.3.5-on-unmigrated"):
            expected = without(WHOLE_21, indexes=True, loads=True)
            self.shows(dump, "2.3.5", expected, ("index", "load"))

    def test_a17_2_2_16_on_metadata_of_2_3_5_shows_all(self):
        for dump in ("milvus-2.3.5-on-migrated", "milvus-2.2.16-on-2.3.5-metadata"):
            self.shows(dump, "2.2.16", WHOLE_22)

    def test_unknown_keys_are_shown_as_unknown(self):
        dump = self.tmp / "d.jsonl"
        lines = [
            {"key": f"by-dev/meta/{name}", "value": base64.b64encode(b"\x00\xffx").decode()}
            for name in ("root-coord/functions/1/2", "new-coord/thing/1", "root-coord/credential/users/u")
        ]
        dump.write_text("\n".join(map(json.dumps, lines)))
        done = call("view", "--in", dump, "--server", "2.3.5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("keys by family: function 1, unknown 1, user 1\n", done.stdout)
        self.assertIn('unknown key: "by-dev/meta/new-coord/thing/1"\n', done.stdout)
        self.assertEqual(call("diff-meta", dump, dump).returncode, 0)


class PlanTest(Commands):
    def test_a_plan_says_what_each_tool_would_do_to_this_metadata(self):
        capture = self.tmp / "capture"
        shutil.copytree(ROOT / "fixtures" / "captures" / "standalone-2.1.4-healthy", capture)
        (capture / "etcd.json").write_bytes(PARTITION.read_bytes())
        done = call("plan", "--from", capture, "--to", "2.2.16", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        plan = json.loads(done.stdout)
        panics = [r for r in plan["refused"] if r["rule"] == "tool-panics"]
        self.assertTrue(panics)
        for word in ("v2.2.0", "after it has removed", "collection photos has a loaded partition"):
            self.assertIn(word, panics[0]["alternative"] + panics[0]["message"])
        self.assertEqual(plan["hops"][0]["tool_image"], f"milvusdb/meta-migration:{IMAGES[1]}")
        text = call("plan", "--from", capture, "--to", "2.2.16", "--explain").stdout
        self.assertIn("collection photos has a loaded", " ".join(text.split()))


if __name__ == "__main__":
    REHEARSE = sys.argv.pop(1)
    unittest.main()
