#!/bin/sh
# Turns a base image into a machine that boots: systemd, cloud-init, sshd and a container runtime.
# Runs inside a container of the base; the result is committed as an image.
set -eu

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends \
    systemd systemd-sysv dbus libnss-myhostname openssh-server sudo cloud-init locales \
    podman crun fuse-overlayfs \
    python3 curl ca-certificates iproute2 jq procps less \
    >/var/log/install.log 2>&1 || {
    tail -n 20 /var/log/install.log >&2
    exit 1
}

# Every machine gets its host keys from its own user data.
rm -f /etc/ssh/ssh_host_*

# Units that only cost time in a container, or that would change what the machine's owner set up.
for unit in \
    systemd-timesyncd.service systemd-networkd.service systemd-networkd-wait-online.service \
    systemd-networkd.socket systemd-resolved.service \
    systemd-modules-load.service systemd-sysctl.service systemd-udevd.service \
    systemd-udev-trigger.service systemd-remount-fs.service systemd-machine-id-commit.service \
    systemd-firstboot.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-pcrphase.service systemd-pcrphase-sysinit.service \
    sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
    dev-hugepages.mount dev-mqueue.mount proc-sys-fs-binfmt_misc.automount \
    getty.target console-getty.service getty@.service getty-static.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer man-db.timer \
    podman.service podman.socket podman-restart.service podman-auto-update.timer \
    podman-auto-update.service cloud-init-hotplugd.socket; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
done
systemctl set-default multi-user.target >/dev/null 2>&1

# The machine writes an identity of its own at its first start.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /usr/sbin/policy-rc.d
rm -rf /var/lib/cloud /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
mkdir -p /var/lib/cloud/seed/nocloud /opt/images /etc/rehearsal
