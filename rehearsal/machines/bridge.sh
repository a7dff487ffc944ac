#!/bin/sh
# Makes a network bridge for a Docker daemon of our own. Runs on the host, as root, only where another
# daemon has Docker's usual bridge.
#
# Usage: bridge.sh NAME
set -eu

name=$1
if ! ip link show "$name" >/dev/null 2>&1; then
    # The first private network that no route of this host knows.
    for number in 30 29 28 27 26 25 24 23 22 21 20; do
        if ! ip route show | grep -q "^172\.$number\."; then
            ip link add "$name" type bridge
            ip address add "172.$number.77.1/24" dev "$name"
            break
        fi
    done
fi
ip link set "$name" up
