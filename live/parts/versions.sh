# live/parts/versions.sh: which real parts are built; sourced.
KUBERNETES_VERSION=${KUBERNETES_VERSION:-1.34.4}
ETCD_VERSION=${ETCD_VERSION:-3.6.5} # kwok needs the watch progress that Debian's 3.4 lacks
KWOK_VERSION=${KWOK_VERSION:-0.7.0}
HELM_VERSION=${HELM_VERSION:-3.19.5}
KIND_VERSION=${KIND_VERSION:-0.30.0}
COREDNS_VERSION=${COREDNS_VERSION:-1.12.1}                 # what kubeadm of this Kubernetes asks for
PROVISIONER_VERSION=${PROVISIONER_VERSION:-0.0.30}         # of local paths, as in kind
REHEARSE_CACHE=${REHEARSE_CACHE:-${HOME:?}/.cache/rehearse}
parts=$REHEARSE_CACHE/parts
