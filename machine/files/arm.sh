#!/bin/sh
# Runs first at every boot, before any network, install or user: from here on the machine ends itself.
# The instant is written once, so that a reboot cannot move it.
set -u
mkdir -p /opt/ephemeral-gpu-ci /etc/ephemeral-gpu-ci /run/ephemeral-gpu-ci \
    /var/log/ephemeral-gpu-ci /var/lib/ephemeral-gpu-ci/phases
[ -s /var/lib/ephemeral-gpu-ci/power-off-at ] || echo '@POWER_OFF_AT@' >/var/lib/ephemeral-gpu-ci/power-off-at
echo '@BOOT_BUDGET_SECONDS@' >/var/lib/ephemeral-gpu-ci/boot-budget-seconds
date -u +%s >/run/ephemeral-gpu-ci/armed-at
@WATCHDOG_FILES@
systemctl daemon-reload
systemctl enable --quiet gpu-ci-watchdog.timer
if ! systemctl start --no-block gpu-ci-watchdog.timer; then
    echo 'ephemeral-gpu-ci: power off: the watchdog could not be armed' >/dev/console
    systemctl poweroff --force
fi
