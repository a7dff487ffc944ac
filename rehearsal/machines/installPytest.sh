#!/bin/sh
# Adds pytest to Python and its imaging library: what examples/pytest-suite/Dockerfile makes, from
# the host's own apt sources. Runs inside a container of the model runtime's image.
set -eu

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends python3-pytest >/var/log/install.log 2>&1 || {
    tail -n 20 /var/log/install.log >&2
    exit 1
}
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
