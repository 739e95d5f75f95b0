# scripts/common.sh: what ./rehearse and ./test share; sourced by them, with `root` set.
# Needs: bash. Everything else is in scripts/packages.txt and installed here.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# Exit code 70: the table of exit codes in app/command.h.
die() {
  say "$*"
  exit 70
}

# Those of `./rehearse` and `./test`; a script that needs more adds its own list.
package_lists=(packages.txt)

# The packages that are missing, by dpkg's own files: no process is started, so a warm start can
# afford it. A removed package that left its configuration behind is noticed by the build instead.
missing_packages() {
  local name files list
  missing=()
  [[ -d /var/lib/dpkg/info ]] || return 0
  for list in "${package_lists[@]}"; do
    while read -r name; do
      files=(/var/lib/dpkg/info/"$name".list /var/lib/dpkg/info/"$name":*.list)
      [[ -e ${files[0]} || -e ${files[1]:-} ]] || missing+=("$name")
    done <"$root/scripts/$list"
  done
}

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" \
    </dev/null >>"$root/build/packages.log" 2>&1
}

ensure_packages() {
  missing_packages
  ((${#missing[@]} == 0)) && return
  if ! command -v apt-get >/dev/null; then
    say "no apt-get here; going on without the Debian packages ${missing[*]}"
    return
  fi
  as_root=()
  if [[ $EUID -ne 0 ]]; then
    # -n: nothing is asked, so it works without anybody there.
    sudo -n true 2>/dev/null || die "as root, first: apt-get install ${missing[*]}"
    as_root=(sudo -n)
  fi
  mkdir -p "$root/build"
  : >"$root/build/packages.log"
  say "installing Debian packages: ${missing[*]}"
  # The lists of a fresh machine are empty or old; both show as a failed first try.
  if ! apt_get install -y --no-install-recommends "${missing[@]}"; then
    { apt_get update && apt_get install -y --no-install-recommends "${missing[@]}"; } || {
      tail -n 20 "$root/build/packages.log" >&2
      die "could not install the packages (log: build/packages.log)"
    }
  fi
}

# run_logged LOG TITLE COMMAND...: quiet; after 2 s one progress line on a terminal; on failure the
# end of the log.
run_logged() {
  local log=$1 title=$2 tick=0 pid
  shift 2
  "$@" </dev/null >"$log" 2>&1 &
  pid=$!
  # A background process of a script ignores Ctrl-C; this one is to end with the script.
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  if [[ -t 2 ]]; then
    while kill -0 "$pid" 2>/dev/null; do
      if ((++tick > 20)); then
        printf '\r\033[K%s: %s' "$title" "$(tail -n 1 "$log" | cut -c 1-60)" >&2
      fi
      sleep 0.1
    done
    ((tick > 20)) && printf '\r\033[K' >&2
  fi
  local code=0
  wait "$pid" || code=$?
  trap - INT TERM
  if ((code != 0)); then
    local errors
    errors=$(grep -E '^FAILED|error:|undefined reference' "$log" | sort -u | head -n 40) || true
    printf '%s\n' "${errors:-$(tail -n 40 "$log")}" >&2
    die "$title failed (log: $log)"
  fi
}

# build PRESET [TARGET...]: configures what was not configured yet and builds; one at a time.
build() {
  local preset=$1 folder=$root/build/$1
  shift
  mkdir -p "$folder"
  export CCACHE_DIR=${CCACHE_DIR:-${HOME:-$root/build}/.cache/ccache}
  exec {build_lock}>"$folder/.lock"
  flock "$build_lock"
  # A folder that was copied or moved belongs to another tree; ninja alone does not see new presets.
  if [[ -e $folder/CMakeCache.txt ]] &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    find "$folder" -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf {} +
  fi
  if [[ ! -e $folder/build.ninja || $root/CMakePresets.json -nt $folder/build.ninja ]]; then
    run_logged "$folder/configure.log" "configuring ($preset)" \
      env -C "$root" cmake --preset "$preset"
  fi
  run_logged "$folder/build.log" "building ($preset)" \
    cmake --build "$folder" --parallel "$(nproc)" ${1:+--target "$@"}
  exec {build_lock}>&-
}
