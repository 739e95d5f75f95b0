"""Goal: check, replay, lint and merge do for CI what they promise. Method: small scenario files in a
folder of their own, the real program; the JUnit file against its schema and through Python's XML parser.

Usage: check_test.py REHEARSE [unittest arguments]
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
START = f"start:\n  capture: {ROOT}/fixtures/captures/standalone-2.1.4-healthy\n"
FORBIDDEN = "-i my-release -s 2.1.4 -t 2.5.12"
LEAVES = "a stop leaves Milvus serving, or says that it does not"


def scenario(steps, expect="", search=""):
    return f"schema: rehearse/scenario/v1\n{START}{steps}{search}{expect}"


def migrate(arguments=FORBIDDEN, expect=""):
    return f"steps:\n  - run: migrate.sh\n    arguments: {arguments}\n{expect}"


GOOD = scenario("steps:\n  - run: wait\n    seconds: 60\n")
EXPECTED = scenario(migrate(), f"expect:\n  violated:\n    - {LEAVES}\n")
BAD = scenario(migrate())
SEARCH = scenario(
    "",
    search="search:\n  acts:\n    - run: migrate.sh\n"
    f"      arguments: {FORBIDDEN}\n  length: 2\n  faults: 1\n  classes: [client]\n",
)


RESTORED = "a backup was restored"
STRUCK = "a fault took effect"
REACHED = "a procedure reached its target"
STOPPED = "a procedure stopped with an account"
SHORT = """schema: rehearse/scenario/v1
about: x
start: {topology: standalone, chart: 4.0.34, kubernetes: 1.24.0, metadata: 'recorded:milvus-2.2.16-on-migrated'}
steps:
  - run: executor
    to: 2.3.13
"""
EXECUTOR = scenario("steps:\n  - run: executor\n    to: 2.5.12\n")


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def write(self, name, text):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def run_program(self, *arguments, code=0):
        done = subprocess.run(
            [REHEARSE, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, code, done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout

    def test_exit_codes(self):
        good = self.write("good.yaml", GOOD)
        self.run_program("check", good, self.write("expected.yaml", EXPECTED), code=0)
        self.run_program("check", self.write("bad.yaml", BAD), code=1)
        self.run_program("check", self.write("expected.yaml", EXPECTED), "--no-expect", code=1)
        refused = scenario("steps:\n  - run: executor\n    to: 2.0.2\n")
        self.run_program("replay", self.write("refused.yaml", refused), code=3)
        self.run_program("check", self.write("broken.yaml", "schema: [\n"), code=64)
        self.run_program("check", str(self.path / "nowhere.yaml"), code=64)
        self.run_program("check", good, "--shard", "3/2", code=64)
        self.run_program("check", good, "--budget", "soon", code=64)

    def test_budget_stops_and_says_what_was_covered(self):
        search = self.write("search.yaml", SEARCH)
        later = self.write("zlater.yaml", GOOD)
        out = json.loads(
            self.run_program("check", search, later, "--budget", "1ms", "--format", "json", code=2)
        )
        self.assertEqual([row["file"] for row in out["scenarios"]], [search, later])
        self.assertNotEqual(out["stopped"], "")
        self.assertIn("not run", out["scenarios"][1]["summary"])
        text = self.run_program("check", search, later, "--budget", "1ms", code=2)
        self.assertIn(later, text)

    def test_a_checkpoint_goes_on_where_it_was_killed(self):
        files = [self.write("one.yaml", EXPECTED), self.write("two.yaml", SEARCH)]
        file = self.path / "state.json"
        command = [REHEARSE, "check", *files, "--format", "json"]
        whole = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        command += ["--checkpoint", str(file)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as first:
            while not file.exists() and first.poll() is None:
                time.sleep(0.001)
            first.kill()
        self.assertEqual(first.returncode, -signal.SIGKILL)
        kept = json.loads(file.read_text())
        self.assertEqual([row["name"] for row in kept["check"]["scenarios"]], ["one"])
        again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual((again.returncode, again.stdout), (whole.returncode, whole.stdout))
        self.assertIn("1 of 2 scenarios were finished before", again.stderr)
        self.assertFalse(file.exists())  # nothing is left to go on with

    def test_a_search_in_parts_goes_on_behind_those_that_are_finished(self):
        file = self.path / "state.json"
        run = self.write("run.yaml", SHORT)
        command = [REHEARSE, "check", run, "--faults", "2", "--classes", "network", "--parts", "3",
                   "--format", "json"]
        whole = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertTrue(json.loads(whole.stdout)["scenarios"][0]["search"]["complete"])
        command += ["--checkpoint", str(file)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as first:
            while first.poll() is None and not (
                file.exists() and sum(map(len, json.loads(file.read_text())["parts"].values())) >= 2
            ):
                time.sleep(0.01)
            first.kill()
        self.assertEqual(first.returncode, -signal.SIGKILL)
        again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual((again.returncode, again.stdout), (whole.returncode, whole.stdout))
        self.assertIn(f"{run}: 2 of 4 searches were finished before", again.stderr)
        self.assertFalse(file.exists())

    def test_parts_are_of_a_search_of_two_faults(self):
        run = self.write("run.yaml", SHORT)
        self.run_program("check", run, "--faults", "1", "--parts", "2", code=64)
        self.run_program("check", run, "--parts", "0", code=64)
        three = self.write("three.yaml", SHORT + "search: {faults: 3, length: 0}\n")
        self.run_program("check", three, "--faults", "2", "--parts", "2", code=64)

    def test_what_is_no_checkpoint_or_cannot_be_one_is_refused(self):
        file = self.path / "state.json"
        file.write_text("{}")
        self.run_program("check", self.write("one.yaml", GOOD), "--checkpoint", str(file), code=64)
        check = json.loads(self.run_program("check", self.write("one.yaml", GOOD), "--format", "json"))
        check["scenarios"] = []
        for parts in ([], {"k": 1}, {"k": [{"part": "x"}]}, {"k": [{"part": 0, "report": {}}]}):
            text = json.dumps({"schema": "rehearse/checkpoint/v1", "keys": [], "check": check,
                               "parts": parts})
            file.write_text(text)
            done = subprocess.run([REHEARSE, "check", self.write("one.yaml", GOOD), "--checkpoint",
                                   str(file)], cwd=ROOT, capture_output=True, text=True)
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertIn(f"{file}: parts: ", done.stderr)
            self.assertEqual(file.read_text(), text)
        self.run_program("check", self.write("one.yaml", GOOD), "--checkpoint", "/nowhere/x", code=64)

    def test_several_faults_are_searched_in_one_run_or_refused(self):
        script = self.write("script.yaml", EXPECTED)
        done = subprocess.run(
            [REHEARSE, "check", script, "--faults", "2"], cwd=ROOT, capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 64, done.stdout + done.stderr)
        self.assertIn(f"{script}: 2 faults: more than one fault is searched", done.stderr)
        self.run_program("check", script, "--faults", "2", "--classes", "network,people", code=64)
        acts = self.write("acts.yaml", SEARCH.replace("faults: 1", "faults: 2"))
        self.run_program("check", acts, code=64)
        self.run_program("check", script, "--faults", "1", "--classes", "weather", code=64)

        run = self.write("run.yaml", EXECUTOR)
        bounded = ["--faults", "2", "--classes", "client", "--format", "json"]
        out = self.run_program("check", run, *bounded, "--budget", "1500ms", code=2)
        search = json.loads(out)["scenarios"][0]["search"]
        self.assertEqual((search["complete"], search["stopped_by"]), (False, "time budget"))
        self.assertLess(search["covered"], 2)
        out = self.run_program("check", run, *bounded, "--memory", "1", code=2)
        self.assertEqual(json.loads(out)["scenarios"][0]["search"]["stopped_by"], "memory budget")
        self.assertIn("--parts", json.loads(out)["scenarios"][0]["summary"])

    def test_placements_on_one_run_are_the_same_on_two_threads(self):
        run = self.write("run.yaml", EXECUTOR)
        arguments = ["check", run, "--faults", "1", "--classes", "client", "--format", "json"]
        one = self.run_program(*arguments)
        self.assertEqual(one, self.run_program(*arguments, "--threads", "2"))
        search = json.loads(one)["scenarios"][0]["search"]
        self.assertTrue(search["complete"])
        self.assertEqual(search["covered"], 1)
        self.assertGreater(search["placements"], 50)

    def test_what_two_faults_lead_to_is_saved_and_replays(self):
        script = self.write("script.yaml", EXPECTED)
        saved = self.path / "regressions"
        saved.mkdir()
        arguments = ["--faults", "2", "--classes", "machines", "--no-expect", "-o", str(saved)]
        out = self.run_program("check", script, *arguments, "--format", "json", code=1)
        row = json.loads(out)["scenarios"][0]
        self.assertTrue(row["search"]["complete"])
        self.assertEqual(row["search"]["covered"], 2)
        stories = row["stories"]
        properties = [story["property"] for story in stories]
        self.assertEqual(len(properties), len(set(properties)))
        self.assertIn(LEAVES, properties)
        self.assertGreater(sum(story["more"] for story in stories), 0)
        for story in stories:
            self.run_program("replay", story["saved"])

    def test_junit_fits_its_schema_and_is_read_by_a_standard_parser(self):
        files = [self.write("bad.yaml", BAD), self.write("good.yaml", GOOD)]
        junit = self.path / "junit.xml"
        self.run_program("check", *files, "--junit", str(junit), code=1)
        subprocess.run(
            ["xmllint", "--noout", "--schema", "schemas/junit.xsd", str(junit)],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        root = xml.etree.ElementTree.parse(junit).getroot()
        suites = {suite.get("name"): suite for suite in root}
        self.assertEqual(set(suites), set(files))
        self.assertEqual(suites[files[1]].get("failures"), "0")
        self.assertEqual(root.get("tests"), str(len(root.findall("*/testcase"))))
        failed = [case for case in suites[files[0]] if len(case)]
        self.assertEqual([case.get("name") for case in failed], [LEAVES])
        self.assertIn("no pod of Milvus is ready", failed[0][0].get("message"))
        self.assertIn("migrate.sh -i my-release", failed[0][0].text)
        self.assertIn(f"rehearse replay {files[0]}", failed[0][0].text)

    def test_markdown_and_github(self):
        bad = self.write("bad.yaml", BAD)
        markdown = self.path / "summary.md"
        out = self.run_program("check", bad, "--markdown", str(markdown), "--github", code=1)
        self.assertIn(f"::error file={bad}", out)
        self.assertEqual(out.count("::group::"), out.count("::endgroup::"))
        self.assertIn(f"| {bad} | violated |", markdown.read_text())

    def test_shards_and_merge_are_the_whole(self):
        for name in ("a", "b", "c"):
            self.write(f"{name}.yaml", GOOD)
        self.write("regressions/d.yaml", EXPECTED)
        whole = json.loads(self.run_program("check", str(self.path), "--format", "json"))
        first = whole["scenarios"][0]["file"]
        self.assertIn("regressions/", first)  # saved failures run first
        parts = []
        for shard in ("1/3", "2/3", "3/3"):
            out = self.run_program("check", str(self.path), "--shard", shard, "--format", "json")
            parts.append(self.write(f"part{shard[0]}.json", out))
        merged = json.loads(self.run_program("merge", *parts, "--format", "json"))
        self.assertEqual(
            merged["scenarios"], sorted(whole["scenarios"], key=lambda row: row["file"])
        )
        self.run_program("merge", parts[0], parts[1], code=64)
        self.run_program("merge", parts[0], parts[0], parts[1], code=64)

    def test_a_batch_that_never_saw_what_it_was_to_see_fails(self):
        good = self.write("good.yaml", GOOD)
        out = self.run_program("check", good, "--sometimes", RESTORED, code=1)
        self.assertIn("never seen in any run: " + RESTORED, out)
        self.run_program("check", good, "--sometimes", "a pig flew", code=64)
        # Faults are searched, and none can fall: the search says nothing.
        idle = scenario("", search="search:\n  acts:\n    - run: wait\n      seconds: 60\n  length: 1\n  faults: 1\n")
        junit = self.path / "junit.xml"
        idle_file = self.write("idle.yaml", idle)
        out = self.run_program("check", idle_file, "--junit", str(junit), code=1)
        self.assertIn("never seen in any run: " + STRUCK, out)
        case = f".//testcase[@name='sometimes: {STRUCK}']/failure"
        tree = xml.etree.ElementTree.parse(junit)
        self.assertEqual(tree.find(case).get("message"), "never seen in any run")
        self.assertEqual(tree.getroot().get("failures"), "1")

    def test_sometimes_properties_are_seen_by_searches_and_by_single_runs(self):
        run = self.write("run.yaml", scenario("steps:\n  - run: executor\n    to: 2.2.16\n"))
        wanted = [RESTORED, "the migration tool was killed between two puts", STRUCK, REACHED]
        flags = [word for name in wanted for word in ("--sometimes", name)]
        machines = ["--faults", "1", "--classes", "machines", "--format", "json"]
        result = json.loads(self.run_program("check", run, *machines, *flags))
        self.assertEqual(result["must_see"], wanted)
        self.assertEqual(result["never_seen"], [])
        # Without faults the target is reached, and there is nothing to restore from.
        result = json.loads(self.run_program("check", run, "--format", "json", *flags, code=1))
        self.assertEqual(result["never_seen"], wanted[:3])
        self.assertIn(REACHED, result["scenarios"][0]["seen"])
        self.assertNotIn(STRUCK, result["scenarios"][0]["seen"])
        # One fault that is placed by hand.
        panics = "faults:\n  - {step: 1, at: tool step, number: 60, fate: tool panics}\n"
        placed = self.write("placed.yaml", pathlib.Path(run).read_text() + panics)
        self.run_program("check", placed, "--sometimes", RESTORED, "--sometimes", STRUCK)

    def test_shards_see_together_what_the_whole_was_to_see(self):
        self.write("a.yaml", GOOD)
        self.write("b.yaml", scenario("steps:\n  - run: executor\n    to: 2.2.16\n"))
        parts = []
        for shard in ("1/2", "2/2"):
            out = self.run_program(
                "check", str(self.path), "--shard", shard, "--sometimes", REACHED, "--format", "json"
            )
            parts.append(self.write(f"part{shard[0]}.json", out))
        self.run_program("merge", *parts)
        blind = [self.write(part[-10:], pathlib.Path(part).read_text().replace(
            f'"{REACHED}"\n      ]', f'"{STOPPED}"\n      ]')) for part in parts]
        self.assertIn(REACHED, self.run_program("merge", *blind, code=1))

    def test_the_same_on_one_thread_and_two_and_twice(self):
        search = self.write("search.yaml", SEARCH)
        one = self.run_program("check", search, "--format", "json", code=1)
        two = self.run_program("check", search, "--format", "json", "--threads", "2", code=1)
        self.assertEqual(one, two)
        self.run_program("check", self.write("good.yaml", GOOD), "--check-determinism")

    def test_a_found_story_replays_bit_for_bit(self):
        search = self.write("search.yaml", SEARCH)
        saved = self.path / "regressions"
        saved.mkdir()
        self.run_program("check", search, "-o", str(saved), code=1)
        stories = sorted(saved.glob("*.yaml"))
        self.assertNotEqual(stories, [])
        self.run_program("lint", str(saved))
        for story in stories:
            first = self.run_program("replay", str(story))
            self.assertEqual(first, self.run_program("replay", str(story)))
            self.assertIn("To see it again: rehearse replay", first)
            self.assertIn("Changed from start to end", first)

    def test_every_property_is_documented(self):
        out = self.run_program("check", self.write("good.yaml", GOOD), "--format", "json")
        names = {row["name"] for row in json.loads(out)["scenarios"][0]["properties"]}
        text = (ROOT / "docs" / "scenarios.md").read_text()
        table = text[text.index("\n## Properties") : text.index("\n## Codes of lint")]
        listed = {line.split(" | ")[0][2:] for line in table.splitlines() if line.startswith("| ")}
        self.assertEqual(listed - {"property", "---"}, names)

    def test_lint_names_codes_and_positions(self):
        broken = self.write("broken.yaml", scenario(migrate().replace("arguments", "argumens")))
        out = self.run_program("lint", broken, code=64)
        self.assertIn(f"{broken}:6:5: S002", out)
        self.assertIn("S003", out)


if __name__ == "__main__":
    REHEARSE = sys.argv.pop(1)
    unittest.main()
