#!/usr/bin/env bash
# live/control-plane/up.sh [NAME] (default: rehearse): a Kubernetes control plane without containers:
# etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok as processes on loopback, a
# second etcd for Milvus, and the stand-ins, if REHEARSE_STANDIN names their program. What runs
# already is left alone. Everything lies in $REHEARSE_CACHE/control-planes/NAME:
#   kubeconfig   its context is rehearse-NAME
#   milvus-etcd  the endpoint of Milvus's etcd
#   log/, pid/   of each process
# Ports are free ones. The cluster is marked as one for rehearsals: the label
# rehearse.io/cluster=rehearsal on the namespace kube-system.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/../parts/common.sh"

name=${1:-rehearse}
check_name "$name"
home=$REHEARSE_CACHE/control-planes/$name
kubernetes=$parts/kubernetes-$KUBERNETES_VERSION
export KUBECONFIG=$home/kubeconfig
kubectl() { "$kubernetes/kubectl" --request-timeout=5s "$@"; }

"$here/../parts/build.sh" kubernetes etcd kwok helm
if [[ -e $KUBECONFIG ]] && kubectl get --raw /readyz >/dev/null 2>&1; then
  say "$name is up already"
  exit 0
fi
"$here/down.sh" "$name"
mkdir -p "$home"/{log,pid,pki,volumes,bin,pods}
chmod 700 "$home"

# start PROGRAM LOG ARGUMENT...: in a session of its own, so that Ctrl-C here does not end it.
start() {
  local program=$1 log=$2
  shift 2
  setsid nohup "$program" "$@" >"$home/log/$log" 2>&1 </dev/null &
  printf '%d\n' "$!" >"$home/pid/$log"
}

up_or_die() { # up_or_die LOG COMMAND...
  local log=$1
  shift
  wait_for 60 "$log" "$@" && return
  tail -n 5 "$home/log/$log" >&2
  "$here/down.sh" "$name" --keep-logs
  die 70 "$log does not come up (log: $home/log/$log)"
}

start_etcd() { # start_etcd LOG CLIENT_PORT
  local peer
  free_port peer
  start "$parts/etcd-$ETCD_VERSION/etcd" "$1" --data-dir "$home/$1" --unsafe-no-fsync \
    --listen-client-urls "http://127.0.0.1:$2" --advertise-client-urls "http://127.0.0.1:$2" \
    --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls \
    "http://127.0.0.1:$peer" --initial-cluster "default=http://127.0.0.1:$peer"
}

free_port etcd_port
free_port milvus_etcd_port
free_port api_port
free_port kwok_port
free_port proxy_port

# ---- keys ------------------------------------------------------------------------------------
(
  umask 077
  openssl genrsa -out "$home/pki/sa.key" 2048 2>/dev/null
  token=$(openssl rand -hex 24)
  printf '%s,admin,admin,system:masters\n' "$token" >"$home/pki/tokens.csv"
  cat >"$KUBECONFIG" <<END
apiVersion: v1
kind: Config
clusters:
- name: rehearse-$name
  cluster: {server: "https://127.0.0.1:$api_port", insecure-skip-tls-verify: true}
users:
- name: rehearse-$name
  user: {token: "$token"}
contexts:
- name: rehearse-$name
  context: {cluster: rehearse-$name, user: rehearse-$name}
current-context: rehearse-$name
END
)

# ---- processes -------------------------------------------------------------------------------
start_etcd etcd "$etcd_port"
start_etcd milvus-etcd "$milvus_etcd_port"
printf 'http://127.0.0.1:%s\n' "$milvus_etcd_port" >"$home/milvus-etcd-endpoint"
start "$kubernetes/kube-apiserver" kube-apiserver --etcd-servers "http://127.0.0.1:$etcd_port" \
  --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$api_port" \
  --cert-dir "$home/pki" --token-auth-file "$home/pki/tokens.csv" \
  --service-account-issuer https://kubernetes.default.svc \
  --service-account-key-file "$home/pki/sa.key" \
  --service-account-signing-key-file "$home/pki/sa.key" \
  --service-cluster-ip-range 10.96.0.0/16 --authorization-mode Node,RBAC \
  --disable-admission-plugins ServiceAccount --endpoint-reconciler-type none
up_or_die kube-apiserver kubectl get --raw /readyz
start "$kubernetes/kube-controller-manager" kube-controller-manager --kubeconfig "$KUBECONFIG" \
  --leader-elect=false --secure-port 0 --cert-dir "$home/pki/controller-manager" \
  --service-account-private-key-file "$home/pki/sa.key" --use-service-account-credentials=false
start "$kubernetes/kube-scheduler" kube-scheduler --kubeconfig "$KUBECONFIG" \
  --leader-elect=false --secure-port 0

# kwok stands in for the kubelet of one node: pods are Ready at once. Its logs and exec read what
# the stand-ins leave below pods/ and volumes/ (live/control-plane/cat.sh). The node is heard of by its
# lease: kwok puts its heartbeats off whenever the node changes, so a cordon could make it look dead.
stages=$parts/kwok-$KWOK_VERSION/stage
for stage in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease \
  pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
  printf -- '---\n'
  cat "$stages/$stage.yaml"
done >"$home/kwok.yaml"
# Pods of the migration tool run something: the stand-ins say when they do.
sed -i "/name: pod-ready/,/next:/s|^    matchExpressions:|&\n    - key: '.spec.containers.[] \| select(.image \| contains(\"meta-migration\")) \| .name'\n      operator: DoesNotExist|" \
  "$home/kwok.yaml"
kubectl apply -f "$parts/kwok-$KWOK_VERSION/crd" >/dev/null
install -m 755 "$here/cat.sh" "$home/bin/cat"
PATH="$home/bin:$PATH" start "$parts/kwok-$KWOK_VERSION/kwok" kwok --kubeconfig "$KUBECONFIG" \
  --config "$home/kwok.yaml" --manage-all-nodes --enable-crds Exec,Logs \
  --node-lease-duration-seconds 40 \
  --node-ip 127.0.0.1 --node-port "$kwok_port" --server-address "127.0.0.1:$kwok_port" \
  --tls-cert-file "$home/pki/apiserver.crt" --tls-private-key-file "$home/pki/apiserver.key"

# ---- what every cluster has --------------------------------------------------------------------
{
  cat <<'END'
apiVersion: v1
kind: Node
metadata: {name: rehearsal-node, labels: {kubernetes.io/hostname: rehearsal-node}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: Immediate
END
  for ((i = 0; i < 24; ++i)); do
    cat <<END
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: rehearsal-$i}
spec:
  capacity: {storage: 500Gi}
  accessModes: [ReadWriteOnce, ReadWriteMany]
  storageClassName: standard
  persistentVolumeReclaimPolicy: Delete
  hostPath: {path: $home/volumes/$i}
END
  done
} | kubectl apply -f - >/dev/null
kubectl label --overwrite namespace kube-system rehearse.io/cluster=rehearsal >/dev/null
up_or_die kwok kubectl wait --for=condition=Ready node/rehearsal-node --timeout=1s
up_or_die milvus-etcd curl -fsS "http://127.0.0.1:$milvus_etcd_port/health"
up_or_die kube-controller-manager kubectl get serviceaccount default
if [[ -n ${REHEARSE_STANDIN:-} ]]; then
  start "$kubernetes/kubectl" proxy proxy --kubeconfig "$KUBECONFIG" --port "$proxy_port"
  start "$REHEARSE_STANDIN" standins play --api "http://127.0.0.1:$proxy_port" \
    --etcd "http://127.0.0.1:$milvus_etcd_port" --folder "$home"
fi
say "$name is up after $SECONDS s; KUBECONFIG=$KUBECONFIG, context rehearse-$name"
