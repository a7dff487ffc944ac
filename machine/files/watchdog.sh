#!/bin/sh
# One look at the clock; gpu-ci-watchdog.timer runs it every few seconds. It needs no network, no
# credentials and no package. Whatever it cannot read counts as "past": a watchdog that cannot tell
# the time ends the machine.
set -u
state=/var/lib/ephemeral-gpu-ci
run=/run/ephemeral-gpu-ci

power_off() {
    message="ephemeral-gpu-ci: power off: $1"
    mkdir -p "$run" && printf '%s\n' "$1" >"$run/power-off-reason"
    printf '%s\n' "$message" >>"$state/power-off.log"
    printf '%s\n' "$message" >/dev/console
    sync
    # Only a power-off, not a halt, counts as the machine's own shutdown for EC2.
    systemctl poweroff --no-block || systemctl poweroff --force --force
    # A unit that refuses to stop must not hold a rented machine.
    sleep 10
    systemctl poweroff --force --force
    exit 0
}

is_number() {
    case $1 in
    '' | *[!0-9]*) return 1 ;;
    esac
}

power_off_at=$(cat "$state/power-off-at" 2>/dev/null) || power_off_at=''
armed_at=$(cat "$run/armed-at" 2>/dev/null) || armed_at=''
boot_budget=$(cat "$state/boot-budget-seconds" 2>/dev/null) || boot_budget=''
now=$(date -u +%s)

is_number "$power_off_at" || power_off "the time on disk cannot be read"
is_number "$armed_at" || power_off "the time of arming cannot be read"
is_number "$boot_budget" || power_off "the boot budget cannot be read"

if [ "$now" -ge "$power_off_at" ]; then
    power_off "the deadline is near ($now >= $power_off_at, seconds since 1970)"
fi
if [ ! -e "$run/booted" ] && [ $((now - armed_at)) -ge "$boot_budget" ]; then
    power_off "cloud-init did not finish within $boot_budget s"
fi
