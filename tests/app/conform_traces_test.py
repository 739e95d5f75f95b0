"""Goal: runs recorded on real parts conform to the model, and none of their mutations does.
Method: the recorded calls of migrate.sh, each against its step of the scenario that repeats the
series; two calls swapped, an exit code changed, a key taken out of a manifest, a call left out.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RECORDED = [
    ("fixtures/traces/01-seed-2.1.4-to-2.5.12.kubectl.log", "scenarios/page/s14-repaired.yaml", 1),
    ("fixtures/traces/02-retry-with-valid-target.kubectl.log", "scenarios/page/s14-repaired.yaml", 2),
    ("fixtures/traces/03-rollback-as-published.kubectl.log", "scenarios/page/s14-repaired.yaml", 3),
    ("fixtures/traces/04-retry-after-deleting-pod.kubectl.log", "scenarios/page/s14-repaired.yaml", 5),
    ("fixtures/traces/08-partition-loaded-panic.kubectl.log", "scenarios/live/migrate-panics.yaml", 1),
]


def conform(trace, scenario, step):
    done = subprocess.run([PROGRAM, "conform", str(trace), "--scenario", scenario, "--step", str(step)],
                          cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def calls(text):
    """The log in pieces: its head, then each call with its input and exit code."""
    return re.split(r"(?m)^(?=kubectl )", text)


def swapped(text):
    pieces = calls(text)
    changes = [i for i, piece in enumerate(pieces)
               if re.match(r"kubectl (apply|scale|patch|annotate)", piece)]
    first, second = changes[0], changes[1]
    pieces[first], pieces[second] = pieces[second], pieces[first]
    return "".join(pieces)


def with_another_exit_code(text):
    pieces = calls(text)
    at = next(i for i, piece in enumerate(pieces) if piece.startswith("kubectl scale"))
    pieces[at] = pieces[at].replace("rc=0", "rc=1")
    return "".join(pieces)


def without_a_key(text):
    found = re.search(r"(?m)^    \| +backupFilePath: .*\n", text)
    return text[:found.start()] + text[found.end():] if found else text


def without_a_call(text):
    pieces = calls(text)
    at = next(i for i, piece in enumerate(pieces) if piece.startswith("kubectl scale"))
    return "".join(pieces[:at] + pieces[at + 1:])


def main():
    failed = 0
    for trace, scenario, step in RECORDED:
        code, said = conform(trace, scenario, step)
        if code != 0:
            failed += 1
            print(f"{trace}: exit code {code}\n{said}")
        text = (ROOT / trace).read_text()
        for mutate in (swapped, with_another_exit_code, without_a_key, without_a_call):
            other = mutate(text)
            if other == text:
                continue  # it has no such thing
            with tempfile.NamedTemporaryFile("w", suffix=".kubectl.log") as file:
                file.write(other)
                file.flush()
                code, said = conform(file.name, scenario, step)
            if code != 1 or "differs after" not in said:
                failed += 1
                print(f"{trace}, {mutate.__name__}: exit code {code}\n{said}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
