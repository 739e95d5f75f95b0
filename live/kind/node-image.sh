#!/usr/bin/env bash
# live/kind/node-image.sh FOLDER IMAGE: a kind node image of Debian packages and Go modules alone.
# Needs: root, debootstrap, Go, gcc, perl, a running docker, and the containerd and ctr that come with
# Debian's docker. One line a step to stderr.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/../parts/common.sh"

image=$2
mkdir -p "$1"
work=$(realpath "$1")
root=$work/root
layer=$work/layer
step() { printf '%5ds  %s\n' "$SECONDS" "$*" >&2; }
module_folder() { go mod download -json "$1@$2" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'; }

for program in debootstrap go gcc perl containerd ctr; do
  command -v "$program" >/dev/null || die 77 "no $program here; needed to make a node image"
done

# ---- programs ----------------------------------------------------------------------------------
"$here/../parts/build.sh" node etcd coredns provisioner
hyper=$parts/node-$KUBERNETES_VERSION/hyper
kubeadm=$parts/node-$KUBERNETES_VERSION/kubeadm
kubernetes=$(module_folder k8s.io/kubernetes "v$KUBERNETES_VERSION")
gcc -O2 -static -s -o "$work/pause" "$kubernetes/build/pause/linux/pause.c"

# ---- Debian ------------------------------------------------------------------------------------
step "Debian"
rm -rf "$root" "$layer"
mkdir -p "$work/debs"
packages=systemd,conntrack,iptables,nftables,iproute2,ethtool,kmod,mount,procps,jq,socat
packages+=,busybox-static,containerd,containernetworking-plugins
debootstrap --variant=minbase --cache-dir="$work/debs" --include="$packages" bookworm "$root" \
  >"$work/debootstrap.log" || die 70 "debootstrap failed (log: $work/debootstrap.log)"

# ---- kind's own files, which travel in its Go module ----------------------------------------------
step "files of kind"
kind=$(module_folder sigs.k8s.io/kind "v$KIND_VERSION")
cp -r --no-preserve=mode "$kind"/images/base/files/{etc,kind,usr} "$root/"
chmod 755 "$root"/usr/local/bin/* "$root"/kind/bin/*
install -m 755 "$hyper" "$root/usr/bin/hyper"
for program in kubelet kubeadm kubectl; do ln -s hyper "$root/usr/bin/$program"; done
for program in containerd ctr containerd-shim-runc-v2; do
  ln -s "/usr/bin/$program" "$root/usr/local/bin/$program"
done
mkdir -p "$root/opt/cni/bin" "$root/etc/cni/net.d" "$root/etc/kubernetes/manifests" \
  "$root/kind/manifests"
mv "$root"/usr/lib/cni/{ptp,bridge,host-local,loopback,portmap} "$root/opt/cni/bin/"
( # a node boots kind's units and little else
  cd "$root/lib/systemd/system"
  rm -f sysinit.target.wants/systemd-tmpfiles-setup.service \
    {multi-user,local-fs,basic}.target.wants/* sockets.target.wants/*{udev,initctl}*
  rm -f "$root"/etc/systemd/system/*.wants/*
)
echo ReadKMsg=no >>"$root/etc/systemd/journald.conf"
ln -sf /lib/systemd/systemd "$root/sbin/init"
chroot "$root" systemctl -q enable kubelet containerd undo-mount-hacks 2>/dev/null
chroot "$root" systemctl -q mask systemd-binfmt 2>/dev/null
hook='.hooks.createContainer += [{path: "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)'
chroot "$root" ctr oci spec | chroot "$root" jq "$hook" >"$root/etc/containerd/cri-base.json"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale} \
  "$root"/usr/lib/cni "$root"/usr/bin/containerd-{stress,shim,shim-runc-v1}
# Without CAP_SYS_RESOURCE nobody may lower an oom score: containerd has to clamp what it asks for.
sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' \
  "$root/etc/containerd/config.toml"
echo "v$KUBERNETES_VERSION" >"$root/kind/version"
# The pod network without kindnet: node a.b.c.N gets 10.244.N.0/24 and a route to each neighbour's.
cat >"$root/kind/bin/pod-net.sh" <<'EOF'
#!/bin/bash
set -eu
ip=$(ip -4 -o addr show dev eth0 | sed 's/.* inet \([0-9.]*\).*/\1/'); net=${ip%.*} n=${ip##*.}
cat >/etc/cni/net.d/10-ptp.conflist <<END
{"cniVersion": "0.4.0", "name": "ptp", "plugins": [
  {"type": "ptp", "ipMasq": true, "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam",
    "routes": [{"dst": "0.0.0.0/0"}], "ranges": [[{"subnet": "10.244.$n.0/24"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
for i in $(seq 2 20); do [ $i = $n ] || ip route replace 10.244.$i.0/24 via $net.$i; done
EOF
cat >"$root/etc/systemd/system/pod-net.service" <<'EOF'
[Unit]
Before=containerd.service kubelet.service
[Service]
Type=oneshot
ExecStart=/bin/bash /kind/bin/pod-net.sh
[Install]
WantedBy=multi-user.target
EOF
chroot "$root" systemctl -q enable pod-net 2>/dev/null
# kind applies these two; the pod network is there already, the storage is kind's own.
cat >"$root/kind/manifests/default-cni.yaml" <<'EOF'
apiVersion: v1
kind: ConfigMap
metadata: {name: cni-is-in-the-node-image, namespace: kube-system}
EOF
storage=$kind/pkg/build/nodeimage/const_storage.go
perl -0ne '%c = /const (storage\w+Image) = "([^"]+)"/g; print "$_\n" for values %c' "$storage" \
  >"$work/storage-images"
perl -0ne '%c = /const (storage\w+Image) = "([^"]+)"/g; /defaultStorageManifest = `(.*)`/s; $_ = $1;
  s/` \+ (\w+) \+ `/$c{$1}/g; print' "$storage" >"$root/kind/manifests/default-storage.yaml"

# ---- images of the control plane: one layer, many names -------------------------------------------
step "images of the control plane"
mkdir -p "$layer"/usr/{local/bin,sbin} "$layer/tmp"
install -m 755 "$hyper" "$parts/etcd-$ETCD_VERSION/etcd" "$layer/usr/local/bin/"
install -m 755 "$parts/coredns-$COREDNS_VERSION/coredns" "$work/pause" "$layer/"
install -D -m 755 "$root/bin/busybox" "$layer/bin/busybox"
install -m 755 "$parts/provisioner-$PROVISIONER_VERSION/provisioner" \
  "$layer/usr/local/bin/local-path-provisioner"
for program in sh mkdir rm; do ln -s busybox "$layer/bin/$program"; done
for program in kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
  ln -s hyper "$layer/usr/local/bin/$program"
done
# kube-proxy runs iptables inside its own container.
tables='/usr/sbin/xtables-nft-multi /usr/lib/x86_64-linux-gnu/xtables'
libraries="ldd ${tables/%xtables/xtables\/*.so} | grep -o '/[^ :]*\.so[^ :]*' | sort -u"
chroot "$root" sh -c "tar ch $tables \$($libraries)" 2>/dev/null | tar x -C "$layer"
for program in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s xtables-nft-multi "$layer/usr/sbin/$program"
done
rm -rf "$work/archive"
mkdir -p "$work/archive"
cd "$work/archive"
tar c --numeric-owner -C "$layer" . >layer.tar
sum=$(sha256sum layer.tar | cut -d' ' -f1)
number=0
manifest=
sandbox=$(sed -n 's/.*sandbox_image = "\(.*\)"/\1/p' "$root/etc/containerd/config.toml")
for tag in $("$kubeadm" config images list --kubernetes-version "v$KUBERNETES_VERSION") \
  "$sandbox" $(<"$work/storage-images"); do
  number=$((number + 1))
  entry=/pause # the others are called by name
  [[ $tag != */coredns:* ]] || entry=/coredns
  printf '{"architecture":"amd64","os":"linux","config":{"Entrypoint":["%s"],"Env":["PATH=%s"],
    "Labels":{"name":"%s"}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$entry" /usr/local/bin:/usr/sbin:/sbin:/bin "$tag" "$sum" >"$number.json"
  manifest+=${manifest:+,}'{"Config":"'$number.json'","RepoTags":["'$tag'"],"Layers":["layer.tar"]}'
done
echo "[$manifest]" >manifest.json
tar c manifest.json [0-9]*.json layer.tar >"$work/images.tar"

# ---- into the node's containerd store, by this machine's own containerd ---------------------------
step "images into the node"
cat >"$work/containerd.toml" <<EOF
version = 2
root = "$root/var/lib/containerd"
state = "$work/run"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$work/run/socket"
[ttrpc]
address = "$work/run/ttrpc"
EOF
containerd -c "$work/containerd.toml" >"$work/containerd.log" 2>&1 &
daemon=$!
trap 'kill $daemon' EXIT
wait_for 30 containerd test -S "$work/run/socket" || die 70 "containerd: $work/containerd.log"
store() { ctr -a "$work/run/socket" -n k8s.io "$@" >/dev/null; }
store images import "$work/images.tar"
store content rm "sha256:$sum" # the layer is unpacked, its blob is only weight
store images tag "$tag" gone:1
store images rm --sync gone:1 # collects garbage now
kill "$daemon"
wait "$daemon" || true
trap - EXIT

# ---- the node image ---------------------------------------------------------------------------
step "node image"
tar c --numeric-owner -C "$root" . | docker import -c 'ENV container=docker' \
  -c 'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]' - "$image" >/dev/null
rm -rf "$root" "$layer" "$work/archive" "$work/images.tar"
step "done: $image"
