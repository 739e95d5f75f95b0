"""Goal: the closing line of ./test counts what ran, and no failure is lost.
Method: scripts/count_tests.py on made-up results of ctest and gtest.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "count_tests.py"


SKIPPED = '<testcase name="k" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>'


def count(statuses, gtest):
    """Runs the script on {executable: status} and {executable: XML}; (line, exit code)."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = "".join(SKIPPED if s == "skipped" else f'<testcase name="{n}" status="{s}"/>'
                        for n, s in statuses.items())
        (folder / "ctest.junit").write_text(f"<testsuite>{cases}</testsuite>")
        for executable, xml in gtest.items():
            (folder / f"test_{executable}.xml").write_text(xml)
        done = subprocess.run(
            [sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False
        )
        return done.stdout, done.returncode


def suites(tests, failures, disabled=0):
    return f'<testsuites tests="{tests}" failures="{failures}" disabled="{disabled}" errors="0"/>'


class CountTest(unittest.TestCase):
    def test_cases_are_summed_and_a_plain_executable_is_one(self):
        self.assertEqual(
            count({"a": "run", "b": "run", "script": "run"}, {"a": suites(3, 0), "b": suites(5, 0, 1)}),
            ("8 passed, 0 failed\n", 0),
        )

    def test_failed_cases(self):
        self.assertEqual(count({"a": "fail"}, {"a": suites(3, 2)}), ("1 passed, 2 failed\n", 1))

    def test_a_crash_is_a_failure(self):
        self.assertEqual(count({"a": "fail"}, {}), ("0 passed, 1 failed\n", 1))
        self.assertEqual(count({"a": "fail"}, {"a": "<testsui"}), ("0 passed, 1 failed\n", 1))
        self.assertEqual(count({"a": "fail"}, {"a": suites(3, 0)}), ("3 passed, 1 failed\n", 1))

    def test_what_cannot_run_here_is_told_and_no_failure(self):
        self.assertEqual(count({"a": "run", "k": "skipped"}, {}),
                         ("1 passed, 0 failed, 1 skipped\n", 0))
        self.assertEqual(count({"k": "skipped"}, {}), ("0 passed, 0 failed, 1 skipped\n", 1))

    def test_what_did_not_run_is_a_failure(self):
        self.assertEqual(count({"a": "notrun"}, {}), ("0 passed, 1 failed\n", 1))
        self.assertEqual(count({}, {}), ("0 passed, 0 failed\n", 1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
