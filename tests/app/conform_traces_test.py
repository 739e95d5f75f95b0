"""Goal: runs recorded on real parts conform to the model, and none of their mutations does.
Method: the recorded calls of migrate.sh, each against its step of the scenario that repeats the
series; two calls swapped, an exit code changed, a key taken out of a manifest, a call left out. And
the traces of `live run SCENARIO` on a control plane of real parts, and on nodes of kind (kind-*), against
their scenario.
"""

import json

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
    done = subprocess.run([PROGRAM, "conform", str(trace), "--scenario", scenario, "--step", str(step),
                           "--faults-max", "0"],
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


def exchanged(lines):
    starts = [line for line in lines if line.get("kind") == "start"]
    if len(starts) > 1:
        first, last = starts[0], starts[-1]
        first["command"], last["command"] = last["command"], first["command"]


def with_a_failure(lines):
    done = next(line for line in lines if line.get("kind") == "done" and "error" not in line)
    done["error"] = "kubectl: refused"


def with_another_end(lines):
    end = next(line for line in lines if line.get("kind") == "end")
    end["outcome"] = "stopped" if end["outcome"] == "reached" else "reached"


def check_live(file):
    """The number of things that went wrong."""
    scenario = f"scenarios/live/{file.stem.removeprefix('kind-')}.yaml"
    code, said = conform(file, scenario, 1)
    failed = code != 0
    if failed:
        print(f"{file.name}: exit code {code}\n{said}")
    for mutate in (exchanged, with_a_failure, with_another_end):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        before = json.dumps(lines)
        mutate(lines)
        if json.dumps(lines) == before:
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as other:
            other.write("".join(json.dumps(line) + "\n" for line in lines))
            other.flush()
            code, said = conform(other.name, scenario, 1)
        if code != 1 or "differs after" not in said:
            failed += 1
            print(f"{file.name}, {mutate.__name__}: exit code {code}\n{said}")
    return failed


def main():
    files = sorted((ROOT / "fixtures/live").glob("*.jsonl"))
    failed = 0 if len(files) > 9 else 1
    for file in files:
        failed += check_live(file)
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
