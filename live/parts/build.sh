#!/usr/bin/env bash
# live/parts/build.sh [PART...]: builds real parts from their Go modules into the cache; what is
# there already is left alone. Parts: kubernetes etcd kwok helm (all without an argument); for kind:
# node (the Kubernetes programs of a node too), kind, coredns, provisioner.
#   REHEARSE_CACHE   the cache (~/.cache/rehearse); programs come to parts/<part>-<version>/
# Needs: go 1.24 or newer, and a Go module proxy. One line a step to stderr.
# Source: https://pkg.go.dev/k8s.io/kubernetes, its go.mod: staging modules stand under ./staging.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/versions.sh"
export CGO_ENABLED=0

step() { printf '%5ds  %s\n' "$SECONDS" "$*" >&2; }
module_folder() { go mod download -json "$1@$2" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'; }

# begin PART VERSION PROGRAM: an empty folder `work` to build in, unless the program is there.
begin() {
  home=$parts/$1-$2
  work=$parts/.work-$1
  [[ -x $home/$3 ]] && return 1
  step "building $1 $2"
  rm -rf "$work"
  mkdir -p "$work/out"
  cd "$work"
}

# The folder appears whole or not at all.
finish() {
  cd "$parts"
  rm -rf "$home"
  mv "$work/out" "$home"
  rm -rf "$work"
}

build_hyper() { # build_hyper PART TAGS PROGRAM...
  local part=$1 tags=$2 source major minor package=k8s.io/component-base/version name
  shift 2
  begin "$part" "$KUBERNETES_VERSION" kubectl || return 0
  source=$(module_folder k8s.io/kubernetes "v$KUBERNETES_VERSION")
  cp "$here"/hyper*.go .
  # As a dependency its staging modules are not in the tree: they are published as v0.x.y.
  sed -E "s#^module .*#module hyper#; s#=> \./staging/src/(.*)#=> \1 v0${KUBERNETES_VERSION#1}#" \
    "$source/go.mod" >go.mod
  go mod edit -require "k8s.io/kubernetes@v$KUBERNETES_VERSION"
  IFS=. read -r major minor _ <<<"$KUBERNETES_VERSION"
  go build -mod=mod -tags "$tags" -o out/hyper -ldflags "-s -w -X $package.gitVersion=v$KUBERNETES_VERSION
    -X $package.gitMajor=$major -X $package.gitMinor=$minor -X $package.gitTreeState=clean" .
  for name in "$@"; do ln -s hyper "out/$name"; done
  finish
}

control_plane=(kube-apiserver kube-controller-manager kube-scheduler kubectl)
build_kubernetes() { build_hyper kubernetes "" "${control_plane[@]}"; }
build_node() { build_hyper node node "${control_plane[@]}" kubelet kubeadm kube-proxy; }

build_program() { # build_program PART VERSION PACKAGE MODULE [LDFLAGS]: to out/PART
  printf 'module build\ngo 1.24.0\n' >go.mod
  printf '//go:build tools\npackage tools\nimport _ "%s"\n' "$3" >tools.go
  go get "$4@v$2"
  go build -mod=mod -ldflags "-s -w ${5:-}" -o "out/$1" "$3"
}

build_module() { # the same arguments: the part is this one program
  begin "$1" "$2" "$1" || return 0
  build_program "$@"
  finish
}

build_etcd() { build_module etcd "$ETCD_VERSION" go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3; }

build_helm() {
  build_module helm "$HELM_VERSION" helm.sh/helm/v3/cmd/helm helm.sh/helm/v3 \
    "-X helm.sh/helm/v3/internal/version.version=v$HELM_VERSION"
}

build_kind() { build_module kind "$KIND_VERSION" sigs.k8s.io/kind sigs.k8s.io/kind; }

build_provisioner() {
  build_module provisioner "$PROVISIONER_VERSION" github.com/rancher/local-path-provisioner \
    github.com/rancher/local-path-provisioner
}

build_coredns() {
  begin coredns "$COREDNS_VERSION" coredns || return 0
  cp "$here/../kind/coredns.go" main.go
  printf 'module coredns\ngo 1.24.0\n' >go.mod
  go get "github.com/coredns/coredns@v$COREDNS_VERSION"
  go mod tidy
  go build -ldflags "-s -w" -o out/coredns .
  finish
}

# For a test of what is said to a helm that is too old: the same program with another version.
build_helm-old() {
  begin helm-old 3.13.0 helm-old || return 0
  build_program helm-old "$HELM_VERSION" helm.sh/helm/v3/cmd/helm helm.sh/helm/v3 \
    "-X helm.sh/helm/v3/internal/version.version=v3.13.0"
  finish
}

# kwok's stages (what it does to nodes and pods) and its CRDs come along.
build_kwok() {
  local source
  begin kwok "$KWOK_VERSION" kwok || return 0
  source=$(module_folder sigs.k8s.io/kwok "v$KWOK_VERSION")
  mkdir -p out/stage out/crd
  cp -r --no-preserve=mode "$source"/kustomize/stage/. out/stage/
  cp --no-preserve=mode "$source"/kustomize/crd/bases/*_{execs,logs}.yaml out/crd/
  build_program kwok "$KWOK_VERSION" sigs.k8s.io/kwok/cmd/kwok sigs.k8s.io/kwok \
    "-X sigs.k8s.io/kwok/pkg/consts.Version=v$KWOK_VERSION"
  finish
}

command -v go >/dev/null || {
  printf 'build.sh: no go here; needed to build the real parts (Go 1.24 or newer)\n' >&2
  exit 77
}
(($# > 0)) || set -- kubernetes etcd kwok helm
mkdir -p "$parts"
exec {lock}>"$parts/.lock"
flock "$lock"
for part in "$@"; do
  case $part in
    kubernetes | node | etcd | kwok | helm | helm-old | kind | coredns | provisioner) "build_$part" ;;
    *)
      printf 'build.sh: %s: expected kubernetes, node, etcd, kwok, helm, kind, coredns or %s\n' \
        "$part" provisioner >&2
      exit 64
      ;;
  esac
done
step "done"
