#!/bin/sh
# Makes a minimal Debian or Ubuntu root and writes it as a tar file, for hosts that cannot pull a
# base image. Runs on the host, as root.
#
# Usage: bootstrapBase.sh SUITE MIRROR SOURCES_LIST WORK_DIR OUT_TAR
#   SOURCES_LIST  one-line apt entries of this release, taken from the host's own apt settings
set -eu

suite=$1
mirror=$2
sources=$3
work=$4
out=$5

root=$work/root
mkdir -p "$root"
# stdout of the step belongs to the caller; debootstrap writes a line for each package.
if ! debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1; then
    tail -n 5 "$work/debootstrap.log" >&2
    [ ! -f "$root/debootstrap/debootstrap.log" ] || tail -n 5 "$root/debootstrap/debootstrap.log" >&2
    exit 1
fi
cp "$sources" "$root/etc/apt/sources.list"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
# apt inside a container needs a name server; Docker mounts its own over this file.
: >"$root/etc/resolv.conf"
tar --one-file-system --numeric-owner -C "$root" -cf "$out" .
rm -rf "$root"
