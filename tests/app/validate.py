"""validate.py SCHEMA FILE: does a JSON document (or, for the trace, each line of it) fit its schema?

SCHEMA is a name in schemas/ (plan, run, situation, trace, laws). Prints each misfit with its place;
exit code 1 when there is one.
"""

import json
import pathlib
import sys

import jsonschema

DRIVER_KINDS = ("read", "start", "wait", "journal", "say", "end")
ROOT = pathlib.Path(__file__).resolve().parents[2]


def validator(name):
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def misfits(name, document):
    """The misfits of a parsed document, each with its place."""
    return [
        f"{'/'.join(map(str, error.absolute_path)) or '(top)'}: {error.message[:300]}"
        for error in validator(name).iter_errors(document)
    ]


def trace_misfits(text):
    """Each line against the schema; the header first and once, one end, last."""
    lines = [json.loads(line) for line in text.splitlines()]
    found = [f"line {i}: {m}" for i, line in enumerate(lines, 1) for m in misfits("trace", line)]
    if [i for i, line in enumerate(lines) if "schema" in line] != [0]:
        found.append("the header is not the first line alone")
    if [i for i, line in enumerate(lines) if line.get("kind") == "end"] != [len(lines) - 1]:
        found.append("the end is not the last line alone")
    # Only the driver's own lines are in order: a wait is written when it is over, after what
    # happened meanwhile, and violations are listed at the end.
    times = [line["at_ms"] for line in lines if line.get("kind") in DRIVER_KINDS]
    if times != sorted(times):
        found.append("times are not in order")
    return found


def main():
    name, path = sys.argv[1:]
    text = pathlib.Path(path).read_text()
    found = trace_misfits(text) if name == "trace" else misfits(name, json.loads(text))
    for misfit in found:
        print(f"{path}: {misfit}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
