#!/bin/sh
# Runs first at every boot, before any network, install or user: from here on the machine ends itself.
# Instant and budget are written once, so that a reboot cannot move them.
set -u
state=/var/lib/ephemeral-gpu-ci
mkdir -p /opt/ephemeral-gpu-ci /etc/ephemeral-gpu-ci /run/ephemeral-gpu-ci \
    /var/log/ephemeral-gpu-ci $state/phases
[ -s $state/power-off-at ] || echo '@POWER_OFF_AT@' >$state/power-off-at
[ -s $state/seconds-left ] || echo '@SECONDS_LEFT@' >$state/seconds-left
echo '@BOOT_BUDGET_SECONDS@' >$state/boot-budget-seconds
@WATCHDOG_FILES@
systemctl daemon-reload
systemctl enable --quiet gpu-ci-watchdog.timer
if ! systemctl start --no-block gpu-ci-watchdog.timer; then
    echo 'ephemeral-gpu-ci: power off: the watchdog could not be armed' >/dev/console
    systemctl poweroff --force
fi
