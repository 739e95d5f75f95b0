#!/usr/bin/env bash
# live/kind/up.sh [NAME] (default: rehearse): a one-node Kubernetes by kind, context kind-NAME: kind's own
# node image where it can be had, else one made here of Debian packages and Go modules (live/kind/
# node-image.sh; ten minutes, once). With REHEARSE_STANDIN and REHEARSE_STANDIN_IMAGES its nodes have
# stand-ins under the names of true images (live/kind/standin-images.sh); without them they pull.
# What runs already is left alone. In $REHEARSE_CACHE/kind:
#   NAME/kubeconfig   never ~/.kube/config
#   node.tar.gz       the image made here
#   standins-*.tar    the stand-ins' images
#   docker/, log/     where docker did not run and was started here
# Exit 77: neither way is open (no docker that answers, and not root to start one).
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/../parts/common.sh"

name=${1:-rehearse}
check_name "$name"
home=$REHEARSE_CACHE/kind
own=rehearse-kind-node:$KUBERNETES_VERSION
mkdir -p "$home/$name" "$home/log"
export KUBECONFIG=$home/$name/kubeconfig
kubectl() { "$parts/kubernetes-$KUBERNETES_VERSION/kubectl" "$@"; }
kind() { "$parts/kind-$KIND_VERSION/kind" "$@"; }

start_docker() {
  docker info >/dev/null 2>&1 && return
  command -v dockerd >/dev/null || die 77 "docker does not answer, and there is no dockerd to start"
  [[ $(id -u) == 0 ]] || die 77 "docker does not answer, and only root could start it"
  local options=()
  # Bit 24 is CAP_SYS_RESOURCE: asked for by --privileged even where it cannot be given.
  if (( ! (16#$(awk '/^CapBnd/ {print $2}' /proc/self/status) >> 24 & 1) )); then
    options=(--add-runtime fewer-caps="$here/runc-fewer-caps" --default-runtime fewer-caps)
  fi
  say "starting docker"
  setsid nohup dockerd --data-root "$home/docker" --exec-root "$home/docker-run" \
    --pidfile "$home/docker.pid" "${options[@]}" >"$home/log/dockerd" 2>&1 </dev/null &
  wait_for 60 docker docker info && return
  tail -n 3 "$home/log/dockerd" >&2
  die 77 "docker does not come up (log: $home/log/dockerd)"
}

exists() { kind get clusters 2>/dev/null | grep -qx "$name"; }

own_image() {
  docker image inspect "$own" >/dev/null 2>&1 && return
  if [[ -f $home/node.tar.gz ]]; then
    say "loading the node image that was made before"
    docker load -qi "$home/node.tar.gz" >/dev/null
    docker image inspect "$own" >/dev/null 2>&1 && return
  fi
  "$here/node-image.sh" "$home/build" "$own"
  docker save "$own" | gzip -1 >"$home/node.tar.gz.new"
  mv "$home/node.tar.gz.new" "$home/node.tar.gz"
}

# Pods may read what faults their stand-in is to have, and keep count (live/standin/tool_fault.h).
stand_ins() {
  "$here/standin-images.sh" $(kind get nodes --name "$name")
  kubectl apply -f - >/dev/null <<'END'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: rehearse-standin}
rules:
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [rehearse-standin]
  verbs: [get, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: rehearse-standin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rehearse-standin}
subjects:
- {kind: Group, name: system:serviceaccounts, apiGroup: rbac.authorization.k8s.io}
END
}

start_docker
"$here/../parts/build.sh" kubernetes helm kind
if ! exists && ! docker image inspect "$own" >/dev/null 2>&1 && [[ ! -f $home/node.tar.gz ]]; then
  # The plain way first; a machine without an image registry fails here within seconds.
  kind create cluster --name "$name" --wait 120s >"$home/log/create" 2>&1 ||
    kind delete cluster --name "$name" >/dev/null 2>&1 || true
fi
if ! exists; then
  own_image
  kind create cluster --name "$name" --image "$own" --wait 120s >"$home/log/create" 2>&1 || {
    tail -n 5 "$home/log/create" >&2
    die 70 "kind does not make the cluster (log: $home/log/create)"
  }
fi
for node in $(kind get nodes --name "$name"); do
  docker start "$node" >/dev/null # it is stopped after docker was started again
done
kind export kubeconfig --name "$name" -q
wait_for 60 "the API server" kubectl get --raw /readyz || die 70 "the API server does not answer"
kubectl wait --for=condition=Ready node --all --timeout=120s >/dev/null
kubectl wait --for=create serviceaccount/default --timeout=60s >/dev/null
for workload in daemonset/kube-proxy deployment/coredns; do
  kubectl -n kube-system rollout status "$workload" --timeout=120s >/dev/null
done
[[ -z ${REHEARSE_STANDIN:-} || -z ${REHEARSE_STANDIN_IMAGES:-} ]] || stand_ins
say "$name is up after $SECONDS s; KUBECONFIG=$KUBECONFIG, context kind-$name"
