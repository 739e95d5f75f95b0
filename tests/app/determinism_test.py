"""Goal: every scenario of the tree comes to the same bytes twice, on one thread and on two. Method: check
--check-determinism over scenarios/: those that are one story each, and with --all (a slow test) the
searches too.

Usage: determinism_test.py REHEARSE [--all]
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check(program, files, threads):
    arguments = ["--check-determinism", "--threads", str(threads), "--format", "json"]
    done = subprocess.run(
        [program, "check", *files, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def is_search(path):
    return "\nsearch:" in path.read_text()


def main():
    program, everything = sys.argv[1], "--all" in sys.argv[2:]
    paths = sorted((ROOT / "scenarios").rglob("*.yaml"))
    files = [str(path.relative_to(ROOT)) for path in paths if everything or not is_search(path)]
    one = check(program, files, 1)
    rows = json.loads(one)["scenarios"]
    assert len(rows) == len(files) > 0, (len(rows), len(files))
    hashes = {row["trace_hash"] for row in rows}
    assert "" not in hashes and len(hashes) > len(files) // 2, hashes  # of what happened indeed
    assert one == check(program, files, 2), "another result on two threads"
    print(f"{len(files)} scenarios: the same twice, and on two threads")


if __name__ == "__main__":
    main()
