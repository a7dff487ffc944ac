#!/bin/sh
# Adds what the stand-in model server needs. Runs inside a container of the base image.
set -eu

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends python3 python3-pil python3-numpy curl \
    ca-certificates >/var/log/install.log 2>&1 || {
    tail -n 20 /var/log/install.log >&2
    exit 1
}
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
