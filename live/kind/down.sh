#!/usr/bin/env bash
# live/kind/down.sh [NAME] (default: rehearse): removes the cluster that up.sh made, and ends the docker
# that up.sh started when no other cluster is left.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/../parts/common.sh"

name=${1:-rehearse}
check_name "$name"
home=$REHEARSE_CACHE/kind
kind=$parts/kind-$KIND_VERSION/kind
[[ -x $kind ]] || exit 0
if docker info >/dev/null 2>&1; then
  KUBECONFIG=$home/$name/kubeconfig "$kind" delete cluster --name "$name" -q
fi
rm -rf "${home:?}/$name"
[[ -f $home/docker.pid && -z $("$kind" get clusters -q 2>/dev/null) ]] || exit 0
pid=$(<"$home/docker.pid")
command=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) || exit 0
[[ $command == *"$home/docker"* ]] || exit 0
kill "$pid"
gone() { ! kill -0 "$pid" 2>/dev/null; }
wait_for 60 docker gone || die 70 "docker does not end (process $pid)"  # the next one needs its pid file
