"""Goal: the stand-ins in containers end as the true programs do where they are started wrongly.
Method: the program with images, arguments and files of a container, without an etcd. What they do to an
etcd is seen on real parts (tests/live_cluster).
"""

import os
import pathlib
import subprocess
import sys
import tempfile

STANDIN = pathlib.Path(sys.argv[1]).parent / "rehearse-standin"
TOOL = "milvusdb/meta-migration:v2.2.0"
failed = 0


def expect(what, image, words, code, said):
    global failed
    done = subprocess.run([str(STANDIN), *words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, "REHEARSE_IMAGE": image},
                          timeout=20)
    if done.returncode != code or said not in done.stdout:
        failed += 1
        print(f"{what}: exit code {done.returncode}, expected {code} and {said!r}:\n{done.stdout}")


with tempfile.TemporaryDirectory() as folder:
    config = pathlib.Path(folder) / "backup.yaml"
    expect("no config", TOOL, ["meta-migration", f"-config={config}"], 2, "no such file")
    config.write_text("cmd: {type: backup}\n")
    expect("no etcd", TOOL, ["meta-migration", "-config", str(config)], 2,
           "panic: key not found: etcd.endpoints")
    expect("a tool of no known tag", "milvusdb/meta-migration:v9", ["meta-migration", f"-config={config}"],
           2, "no behaviour is known of the tool image")
    expect("a Milvus of no version", "milvusdb/milvus:latest", ["milvus", "milvus", "run", "standalone"],
           64, "latest")
    (pathlib.Path(folder) / ".minio.sys").mkdir()
    (pathlib.Path(folder) / ".minio.sys/format.json").write_text('{"format": "fs"}')
    expect("a later MinIO on data of fs", "minio/minio:RELEASE.2023-03-20T20-16-18Z",
           ["minio", "server", folder], 1, "found backend type fs, expected xl-single")
    expect("no known word", "", ["attu"], 64, "expected: play")
sys.exit(1 if failed else 0)
