#!/bin/sh
# One look at the clocks; gpu-ci-watchdog.timer runs it every few seconds. It needs no network, no
# credentials and no package. Whatever it cannot read counts as "past": a watchdog that cannot tell
# the time ends the machine. With an argument it ends the machine at once, for that reason.
set -u
state=/var/lib/ephemeral-gpu-ci
run=/run/ephemeral-gpu-ci
push=/opt/ephemeral-gpu-ci/push.py

power_off() {
    if [ ! -e "$run/power-off-reason" ]; then
        message="ephemeral-gpu-ci: power off: $1"
        mkdir -p "$run" && printf '%s\n' "$1" >"$run/power-off-reason"
        printf '%s\n' "$message" >>"$state/power-off.log"
        printf '%s\n' "$message" >/dev/console
        sync
        # The report as it is now, with the reason; an earlier push may hold less.
        if [ -e $push ]; then
            : >"$run/pushing"
            (systemctl kill -s KILL gpu-ci-push; $push; rm "$run/pushing") >/dev/null 2>&1 &
        fi
    fi
    # For 15 s at most: no power-off depends on how a push goes.
    tries=0
    while [ -e "$run/pushing" ] && [ $((tries += 1)) -le 15 ]; do
        sleep 1
    done
    # Only a power-off, not a halt, counts as the machine's own shutdown for EC2.
    systemctl poweroff --no-block || systemctl poweroff --force --force
    # A unit that refuses to stop must not hold a rented machine.
    sleep 10
    systemctl poweroff --force --force
    exit 0
}
# Seconds from a file. Longer ones are no time, and no number that every shell can compare.
read_seconds() {
    seconds=$(cat "$1" 2>/dev/null)
    case $seconds in
    '' | *[!0-9]* | ???????????*) power_off "$1 cannot be read" ;;
    esac
}
# Replaced in one step: a crash or a full disk leaves the old content.
put() {
    printf '%s\n' "$2" >"$1.part" && mv "$1.part" "$1"
}

[ $# -eq 0 ] || power_off "$1"
# A power-off that has not come to its end is asked for again.
[ ! -e "$run/power-off-reason" ] || power_off again

# Each boot finds an empty /run, and this comes before arm.sh then.
mkdir -p "$run"
read_seconds "$state/power-off-at" && power_off_at=$seconds
read_seconds "$state/seconds-left" && left=$seconds
read_seconds "$state/boot-budget-seconds" && boot_budget=$seconds
now=$(date -u +%s)
# Since the kernel started, suspended or not: no change of the clock touches it.
uptime=$(cut -d . -f 1 /proc/uptime)

if [ "$now" -ge "$power_off_at" ]; then
    power_off "the deadline is near ($now >= $power_off_at, seconds since 1970)"
fi
# Once a boot: what is left of the budget by the clock or by the last look before, whichever is less.
if [ ! -s "$run/boot-uptime" ]; then
    if [ $((power_off_at - now)) -lt "$left" ]; then
        left=$((power_off_at - now))
    fi
    put "$run/boot-left" "$left"
    put "$run/boot-uptime" "$uptime"
fi
read_seconds "$run/boot-left" && boot_left=$seconds
read_seconds "$run/boot-uptime" && running=$((uptime - seconds))
if [ "$running" -ge "$boot_left" ]; then
    power_off "the deadline is near, although the clock says otherwise ($running s since the boot)"
fi
put "$state/seconds-left" $((boot_left - running))

if [ ! -e "$state/phases/booted" ]; then
    [ "$running" -lt "$boot_budget" ] ||
        power_off "phase boot: cloud-init did not finish within $boot_budget s"
    exit 0
fi
# From here on gpu-ci-guard.service looks at the rest, and this at it.
[ -s "$run/guard-looked-at" ] || put "$run/guard-looked-at" "$uptime"
read_seconds "$run/guard-looked-at"
if [ $((uptime - seconds)) -ge 180 ]; then
    power_off "the guard has not looked for 180 s"
fi
