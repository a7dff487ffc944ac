#!/bin/sh
# Puts images into a store that machines read: a Docker archive comes in on stdin. Runs inside a
# container of the machine's image with the store's volume at /opt/images.
#
# Usage: populateStore.sh [NAME_IN_ARCHIVE NAME_IN_STORE]...
set -eu

cat >/etc/containers/storage.conf <<'CONFIG'
[storage]
driver = "overlay"
runroot = "/run/store"
graphroot = "/opt/images"
CONFIG
cat >/tmp/images.tar
podman load --quiet --input /tmp/images.tar
while [ $# -gt 0 ]; do
    podman tag "$1" "$2"
    # Which registry a name without one came under differs between versions.
    podman untag "$2" "localhost/$1" 2>/dev/null || podman untag "$2" "docker.io/$1"
    podman image exists "$2"
    shift 2
done
