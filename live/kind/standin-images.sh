#!/usr/bin/env bash
# live/kind/standin-images.sh NODE...: puts stand-ins for Milvus, its parts and the migration tool into
# the containerd of these nodes, under the names that $REHEARSE_STANDIN_IMAGES lists, one a line. One
# layer for all of them: the stand-ins' program ($REHEARSE_STANDIN) with its libraries, the real etcd,
# and a busybox. What is there already is left alone; the archive is kept in $REHEARSE_CACHE/kind.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/../parts/common.sh"

home=$REHEARSE_CACHE/kind
etcd=$parts/etcd-$ETCD_VERSION/etcd
names=$REHEARSE_STANDIN_IMAGES
node=$1

"$here/../parts/build.sh" etcd
sum=$(cat "${BASH_SOURCE[0]}" "$REHEARSE_STANDIN" "$etcd" "$names" | sha256sum | cut -c1-16)
archive=$home/standins-$sum.tar
mark=docker.io/rehearse/stand-ins:$sum # the last one in the archive

# ---- what each image runs ---------------------------------------------------------------------
entry_of() { # entry_of NAME: the entry point, as JSON
  case $1 in
    */milvus:*) echo '["/usr/local/bin/rehearse-standin","milvus"]' ;;
    */minio:*) echo '["/usr/local/bin/rehearse-standin","minio"]' ;;
    */etcd:*) echo '["/opt/bitnami/scripts/etcd/run.sh"]' ;;
    *) echo '["/bin/true"]' ;;
  esac
}

# put FILE: a script, from the input.
put() {
  install -D -m 755 /dev/stdin "$1"
}

# A static one: that of a node made here, else this machine's.
copy_busybox() { # copy_busybox FILE
  docker cp -q "$node:/bin/busybox" "$1" 2>/dev/null && return
  local own
  own=$(command -v busybox) && ! ldd "$own" >/dev/null 2>&1 ||
    die 77 "no static busybox here for the stand-ins' images (Debian: busybox-static)"
  install -m 755 "$own" "$1"
}

make_layer() { # make_layer FOLDER
  local layer=$1 name
  mkdir -p "$layer"/{bin,etc,tmp,usr/local/bin}
  chmod 1777 "$layer/tmp"
  install -m 755 "$REHEARSE_STANDIN" "$layer/usr/local/bin/rehearse-standin"
  ldd "$REHEARSE_STANDIN" | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r name; do
    install -D -m 755 "$name" "$layer$name"
  done
  install -m 755 "$etcd" "$layer/usr/local/bin/"
  copy_busybox "$layer/bin/busybox"
  for name in sh cat ls cp mkdir rm true sleep wget hostname sha256sum stat test head tail wc; do
    ln -s busybox "$layer/bin/$name"
  done
  put "$layer/milvus/bin/meta-migration" <<'END'
#!/bin/sh
exec /usr/local/bin/rehearse-standin meta-migration "$@"
END
  # The init container of later charts copies tools that the stand-in does not need.
  ln -s bin/true "$layer/cp"
  # etcd reads ETCD_* by itself; the chart of our own leaves them to the image.
  put "$layer/opt/bitnami/scripts/etcd/run.sh" <<'END'
#!/bin/sh
name=$(hostname)
export ETCD_NAME="${ETCD_NAME:-$name}"
export ETCD_DATA_DIR="${ETCD_DATA_DIR:-/bitnami/etcd/data}"
export ETCD_LISTEN_CLIENT_URLS="${ETCD_LISTEN_CLIENT_URLS:-http://0.0.0.0:2379}"
export ETCD_ADVERTISE_CLIENT_URLS="${ETCD_ADVERTISE_CLIENT_URLS:-http://127.0.0.1:2379}"
export ETCD_LISTEN_PEER_URLS="${ETCD_LISTEN_PEER_URLS:-http://0.0.0.0:2380}"
export ETCD_INITIAL_ADVERTISE_PEER_URLS="${ETCD_INITIAL_ADVERTISE_PEER_URLS:-http://127.0.0.1:2380}"
export ETCD_INITIAL_CLUSTER="${ETCD_INITIAL_CLUSTER:-$ETCD_NAME=$ETCD_INITIAL_ADVERTISE_PEER_URLS}"
mkdir -p "$ETCD_DATA_DIR"
exec /usr/local/bin/etcd
END
  put "$layer/opt/bitnami/scripts/etcd/healthcheck.sh" <<'END'
#!/bin/sh
exec wget -q -O /dev/null http://127.0.0.1:2379/health
END
}

make_archive() {
  local work manifest='' number=0 name
  work=$(mktemp -d "$home/standins-XXXXXX")
  trap 'rm -rf "$work"' RETURN
  say "making the stand-ins' images"
  make_layer "$work/layer"
  mkdir "$work/archive"
  tar c --numeric-owner --owner=0 --group=0 -C "$work/layer" . >"$work/archive/layer.tar"
  local digest
  digest=$(sha256sum "$work/archive/layer.tar" | cut -d' ' -f1)
  while read -r name; do
    number=$((number + 1))
    printf '{"architecture":"amd64","os":"linux","config":{"Entrypoint":%s,"Env":["PATH=%s",
      "REHEARSE_IMAGE=%s"],"Labels":{"rehearse.io/stand-in":"%s"}},
      "rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$(entry_of "$name")" \
      /usr/local/bin:/bin "$name" "$name" "$digest" >"$work/archive/$number.json"
    manifest+=${manifest:+,}'{"Config":"'$number.json'","RepoTags":["'$name'"],"Layers":["layer.tar"]}'
  done < <(cat "$names" && printf '%s\n' "$mark")
  printf '[%s]' "$manifest" >"$work/archive/manifest.json"
  (cd "$work/archive" && tar c manifest.json [0-9]*.json layer.tar) >"$archive.new"
  rm -f "$home"/standins-*.tar
  mv "$archive.new" "$archive"
}

for node; do
  docker exec "$node" ctr -n k8s.io images ls -q | grep -qx "$mark" && continue
  [[ -f $archive ]] || make_archive
  say "loading the stand-ins' images into $node"
  docker exec -i "$node" ctr -n k8s.io images import - <"$archive" >/dev/null
done
