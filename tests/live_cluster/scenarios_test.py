"""Goal: scenarios give the same verdict on real parts and in the simulation.
Method: one control plane; `live run` on each file of scenarios/live, and on the recorded series of
the official script; it compares both worlds after every step.
"""

import os
import sys
import time

from control_plane import ROOT, ControlPlane, tail

MORE = ["scenarios/page/s14-repaired.yaml"]


def main():
    program, *wanted = sys.argv[1:]
    files = sorted(f"scenarios/live/{path.name}" for path in (ROOT / "scenarios/live").glob("*.yaml"))
    failed = 0
    with ControlPlane(program, f"scenarios-{os.getpid()}") as plane:
        for file in files + MORE:
            if wanted and file not in wanted:
                continue
            began = time.monotonic()
            plane.clear()
            done = plane.run_program("live", "run", file, "--chart-source", "bundled", "--poll-ms",
                                     "500", *plane.access)
            agrees = done.returncode == 0 and "agrees: live and simulated" in done.stdout
            failed += not agrees
            word = "agrees" if agrees else f"FAILED ({done.returncode}): {tail(done.stdout)}"
            print(f"{file}: {word} ({time.monotonic() - began:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
