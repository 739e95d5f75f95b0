#!/usr/bin/env bash
# Goal: scripts/common.sh installs what is missing, says so once, and reports a failing build.
# Method: the functions on a root of their own, with an apt-get that writes down how it was called.
set -uo pipefail
scripts=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../scripts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

expect() {  # WHAT EXPECTED ACTUAL
  if [[ $2 != "$3" ]]; then
    printf '%s:\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
    failures=$((failures + 1))
  fi
}

mkdir -p "$work/bin" "$work/tree/scripts" "$work/tree/build"
printf '%s\n' bash no-such-package-a no-such-package-b >"$work/tree/scripts/packages.txt"
cat >"$work/bin/apt-get" <<'STUB'
#!/usr/bin/env bash
echo "$DEBIAN_FRONTEND $*" >>"$CALLS"
[[ $* == *update* || $(wc -l <"$CALLS") -ge $SUCCEEDS_AT ]]
STUB
printf '#!/usr/bin/env bash\nshift\nexec "$@"\n' >"$work/bin/sudo"
chmod +x "$work"/bin/*

# ensure SUCCEEDS_AT: the number of the call of apt-get that succeeds.
ensure() {
  rm -f "$work/calls"
  CALLS=$work/calls SUCCEEDS_AT=$1 PATH=$work/bin:$PATH root=$work/tree \
    bash -c ". '$scripts/common.sh'; ensure_packages" rehearse 2>&1
}
install="noninteractive -o DPkg::Lock::Timeout=300 install -y --no-install-recommends"
install+=" no-such-package-a no-such-package-b"
update="noninteractive -o DPkg::Lock::Timeout=300 update"
said="rehearse: installing Debian packages: no-such-package-a no-such-package-b"

if [[ -d /var/lib/dpkg/info ]]; then
  expect "says in one line what it installs" "$said" "$(ensure 1)"
  expect "installs only what is missing" "$install" "$(cat "$work/calls")"
  expect "says no more when the lists were old" "$said" "$(ensure 3)"
  expect "updates the lists once" "$install"$'\n'"$update"$'\n'"$install" "$(cat "$work/calls")"
  ensure 99 >/dev/null
  expect "exit code when it can't install" 70 $?
fi

printf 'bash\n' >"$work/tree/scripts/packages.txt"
expect "is quiet when nothing is missing" "" "$(ensure 1)"

run_logged() {
  root=$work/tree bash -c ". '$scripts/common.sh'; run_logged '$work/log' building $1" rehearse 2>&1
}
expect "is quiet when the build succeeds" "" "$(run_logged true)"
output=$(run_logged "bash -c 'echo first; echo error: last; exit 3'")
expect "exit code of a failed build" 70 $?
expect "shows the error and the log" \
  "error: last"$'\n'"rehearse: building failed (log: $work/log)" "$output"

((failures == 0)) && echo "all as expected"
exit $((failures > 0))
