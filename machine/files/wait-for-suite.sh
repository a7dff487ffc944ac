#!/bin/sh
# Prints the suite's new lines, short, then one line of JSON, and ends 0 whatever the verdict is:
# the caller decides what a failed suite means. Ending this does not touch the suite; call it again.
set -u
# shellcheck source=/dev/null
. /opt/ephemeral-gpu-ci/heartbeat.sh
state=/var/lib/ephemeral-gpu-ci
log=/var/log/ephemeral-gpu-ci/suite.log
shown=0
show_new_lines() {
    total=$(wc -l <"$log" 2>/dev/null) || total=0
    if [ "$total" -gt "$shown" ]; then
        sed -n "$((shown + 1)),${total}p" "$log" | cut -c 1-160
        shown=$total
    fi
}
until [ -e "$state/report/verdict.json" ]; do
    beat || exit 1
    show_new_lines
    sleep 0.2
done
show_new_lines
cat "$state/report/verdict.json"
