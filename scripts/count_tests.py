"""count_tests.py FOLDER...: sums up runs of ctest as the line "N passed, N failed".

Each FOLDER holds ctest.junit (one row per test executable) and the XML that each gtest executable
wrote. An executable that wrote none (not gtest, or it crashed) counts as one test. One that said that
it cannot run here (SKIP_RETURN_CODE) counts as skipped. Exit code 1 when a test failed, was not run,
or there was none.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def gtest_counts(path):
    """(passed, failed) of one executable's XML, or None where there is no complete one."""
    try:
        suites = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    left_out = int(suites.get("disabled", "0"))
    failed = int(suites.get("failures", "0")) + int(suites.get("errors", "0"))
    return int(suites.get("tests", "0")) - left_out - failed, failed


def counts(folder):
    passed = failed = skipped = 0
    for case in ElementTree.parse(folder / "ctest.junit").getroot().iter("testcase"):
        good = case.get("status") == "run"
        said = case.find("skipped")
        if said is not None and "SKIP_RETURN_CODE" in said.get("message", ""):
            skipped += 1
            continue
        inside = gtest_counts(folder / f"test_{case.get('name')}.xml")
        inside_passed, inside_failed = inside or (int(good), 0)
        passed += inside_passed
        # The executable's own exit code has the last word.
        failed += inside_failed if good else max(inside_failed, 1)
    return passed, failed, skipped


def main():
    each = [counts(pathlib.Path(folder)) for folder in sys.argv[1:]]
    passed, failed, skipped = (sum(row[i] for row in each) for i in range(3))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""),
          flush=True)
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
