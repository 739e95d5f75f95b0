# What is built into the program: one line each, the name and the file.
include(cmake/embed.cmake)
rehearse_embed(app_commands
  charts/index.json fixtures/charts/index.json
  charts/defaults.json fixtures/charts/defaults.json
  charts/objects.tsv fixtures/charts/objects.tsv
  captures/standalone-2.1.4-healthy/cluster.json fixtures/captures/standalone-2.1.4-healthy/cluster.json
  captures/standalone-2.1.4-healthy/etcd.json fixtures/captures/standalone-2.1.4-healthy/etcd.json
  captures/standalone-2.1.4-healthy/helm-version.json fixtures/captures/standalone-2.1.4-healthy/helm-version.json
  captures/standalone-2.1.4-healthy/kubectl-version.json fixtures/captures/standalone-2.1.4-healthy/kubectl-version.json
  captures/standalone-2.1.4-healthy/objects.json fixtures/captures/standalone-2.1.4-healthy/objects.json
  captures/standalone-2.1.4-healthy/release-secrets.json fixtures/captures/standalone-2.1.4-healthy/release-secrets.json
  etcd/milvus-2.1.0-running.jsonl fixtures/etcd/milvus-2.1.0-running.jsonl
  etcd/milvus-2.2.16-on-migrated.jsonl fixtures/etcd/milvus-2.2.16-on-migrated.jsonl
  etcd/milvus-2.3.5-on-migrated.jsonl fixtures/etcd/milvus-2.3.5-on-migrated.jsonl
)
