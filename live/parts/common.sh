# live/parts/common.sh: what the scripts of live/ share; sourced. Exit codes: 64 wrong usage, 70 a
# part does not come up, 77 this machine cannot (something is missing).
. "$(dirname "${BASH_SOURCE[0]}")/versions.sh"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { # die CODE TEXT
  say "$2"
  exit "$1"
}

# A port on loopback that nobody listens on, and that was not given out before.
given_ports=" "
free_port() { # free_port VARIABLE
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    [[ $given_ports == *" $port "* ]] && continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  given_ports+="$port "
  printf -v "$1" '%d' "$port"
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# A name becomes a folder and part of names in the cluster.
check_name() {
  [[ $1 =~ ^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$ ]] ||
    die 64 "$1: expected a name of lower-case letters, digits and dashes, at most 32"
}
