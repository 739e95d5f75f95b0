"""Goal: the matrix runs what it says, says what it did not run, and reports/matrix.md is what it came to.
Method: small parts of the matrix through the real program; their cells against the report's rows.

Usage: matrix_test.py REHEARSE [unittest arguments]
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PART = ["--from", "2.1.4", "--to", "2.2.14", "--topology", "standalone"]


class MatrixTest(unittest.TestCase):
    def run_program(self, *arguments, code=0):
        done = subprocess.run(
            [REHEARSE, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, code, done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout if code < 64 else done.stderr

    def cells(self, *arguments, code=0):
        return json.loads(self.run_program("matrix", *arguments, "--format", "json", code=code))["cells"]

    def test_a_part_is_what_the_report_says(self):
        report = (ROOT / "reports/matrix.md").read_text()
        part = self.run_program("matrix", *PART, "--format", "markdown")
        rows = [line for line in part.splitlines() if re.match(r"\| (2\.|`rehearse)", line)]
        self.assertGreaterEqual(len(rows), 2)
        lines = report.splitlines()
        for row in rows:
            self.assertIn(row, lines, "stale: rehearse matrix --format markdown > reports/matrix.md")

    def test_the_plan_holds_where_the_procedures_do_not(self):
        cells = {cell["procedure"]: cell for cell in self.cells(*PART)}
        self.assertEqual(set(cells), {"helm", "rolling", "metadata", "plan"})
        self.assertEqual(cells["plan"]["result"], "ok")
        self.assertEqual(cells["helm"]["result"], "violated")
        self.assertIn(
            "no server runs on metadata of another version",
            [violation["property"] for violation in cells["helm"]["violated"]],
        )

    def test_a_refusal_names_the_rule(self):
        (cell,) = self.cells(
            "--from", "2.1.4", "--to", "2.2.14", "--topology", "cluster", "--procedure", "plan",
            "--kubernetes", "1.30.0",
        )  # fmt: skip
        self.assertEqual((cell["result"], cell["rule"]), ("refused", "removed-api"))
        self.assertIn("--kubernetes 1.30.0", cell["replay"])

    def test_the_replay_line_gives_the_cell_again(self):
        (cell,) = self.cells(*PART, "--procedure", "helm")
        words = cell["replay"].split()
        self.assertEqual(words[0], "rehearse")
        (again,) = self.cells(*words[2:])
        self.assertEqual(again["violated"], cell["violated"])
        self.assertNotEqual(again["steps"], [])

    def test_what_is_saved_replays(self):
        with tempfile.TemporaryDirectory() as folder:
            (cell,) = self.cells(*PART, "--procedure", "helm", "-o", folder)
            self.run_program("lint", folder)
            self.run_program("replay", cell["saved"])

    def test_threads_do_not_matter(self):
        part = ["--from", "2.1.4", "--to", "2.2.14", "--procedure", "plan"]
        self.assertEqual(self.cells(*part), self.cells(*part, "--threads", "2"))

    def test_a_budget_leaves_nothing_out_silently(self):
        cells = self.cells("--budget", "1ms", code=2)
        self.assertEqual({cell["result"] for cell in cells}, {"not run"})
        self.assertEqual(len({json.dumps([c["from"], c["to"]]) for c in cells}) * 8, len(cells))
        self.assertGreater(len(self.cells("--all", "--budget", "1ms", code=2)), 10 * len(cells))

    def test_filters_that_fit_nothing(self):
        self.assertIn("--from 2.9", self.run_program("matrix", "--from", "2.9", code=64))
        self.assertIn("not newer", self.run_program("matrix", "--from", "2.6", "--to", "2.1", code=64))
        self.run_program("matrix", "--budget", "soon", code=64)
        self.run_program("matrix", "--kubernetes", "new", code=64)
        self.run_program("matrix", "--procedure", "luck", code=64)


if __name__ == "__main__":
    REHEARSE = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
