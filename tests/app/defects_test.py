"""Goal: reports/defects.md has the rows of scenarios/defects/rows.json, and a row cannot be claimed that no
scenario must find. Method: the script that writes it, in its checking mode; then with mutated rows.

Usage: defects_test.py REHEARSE [unittest arguments]
"""

import copy
import json
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import defects_report  # noqa: E402

ROWS = json.loads((ROOT / "scenarios" / "defects" / "rows.json").read_text())["rows"]
REPORT = (ROOT / "reports" / "defects.md").read_text()
FOUND = next(i for i, row in enumerate(ROWS) if "missing" not in row)
MISSING = next(i for i, row in enumerate(ROWS) if "missing" in row)


class DefectsTest(unittest.TestCase):
    def test_the_report_is_what_the_rows_say(self):
        self.assertEqual(defects_report.stale(ROWS, REPORT), [])
        self.assertEqual(defects_report.unheld(ROWS), [])

    def test_what_is_changed_is_seen(self):
        changes = [
            (FOUND, {"property": "another"}),
            (FOUND, {"scenario": "another"}),
            (FOUND, {"defect": "another"}),
            (FOUND, {"missing": "not found any more"}),
            (MISSING, {"missing": "another reason"}),
        ]
        for index, change in changes:
            rows = copy.deepcopy(ROWS)
            rows[index].update(change)
            self.assertNotEqual(defects_report.stale(rows, REPORT), [], change)
        self.assertNotEqual(defects_report.stale(ROWS[1:], REPORT), [])
        self.assertNotEqual(defects_report.stale(ROWS + [dict(ROWS[0], id="new")], REPORT), [])

    def test_a_row_that_no_scenario_must_find_is_seen(self):
        rows = copy.deepcopy(ROWS)
        rows[FOUND]["property"] = "another"
        self.assertEqual(len(defects_report.unheld(rows)), 1)


if __name__ == "__main__":
    sys.argv.pop(1)
    unittest.main()
