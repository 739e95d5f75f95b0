#!/usr/bin/env bash
# live/control-plane/down.sh [NAME] [--keep-logs] (default: rehearse): ends the processes that up.sh
# started, and removes the folder of that control plane.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/../parts/common.sh"

name=${1:-rehearse}
check_name "$name"
home=$REHEARSE_CACHE/control-planes/$name
[[ -d $home ]] || exit 0

# A number may belong to another process by now: ours were started from the cache.
is_ours() {
  local command
  { command=$(tr '\0' ' ' <"/proc/$1/cmdline"); } 2>/dev/null || return 1
  [[ $command == *"$home"* || $command == *"$REHEARSE_CACHE"* ]]
}

pids=()
for file in "$home"/pid/*; do
  [[ -e $file ]] || continue
  pid=$(<"$file")
  is_ours "$pid" && pids+=("$pid")
done
gone() {
  local pid
  for pid in "${pids[@]}"; do
    is_ours "$pid" && return 1
  done
  return 0
}
if ((${#pids[@]} > 0)); then
  kill "${pids[@]}" 2>/dev/null || true
  wait_for 5 processes gone || kill -9 "${pids[@]}" 2>/dev/null || true
fi
if [[ ${2:-} == --keep-logs ]]; then
  rm -rf "$home"/pid "$home"/kubeconfig
else
  rm -rf "$home"
fi
