#!/bin/sh
# Gathers the logs beside the report and writes the verdict last: whoever waits reads it as "done".
# systemd gives EXIT_CODE and EXIT_STATUS of the suite.
set -u
state=/var/lib/ephemeral-gpu-ci
report=$state/report
mkdir -p "$report/logs"
date -u +%s >"$state/phases/end"

for log in /var/log/ephemeral-gpu-ci/*.log /var/log/cloud-init-output.log "$state/power-off.log"; do
    if [ -f "$log" ]; then
        tail -c 5000000 "$log" >"$report/logs/$(basename "$log")"
    fi
done
# With a server that never got ready, nobody has looked yet.
if [ ! -s "$report/logs/health.txt" ]; then
    /opt/ephemeral-gpu-ci/health.sh >"$report/logs/health.txt" 2>&1
fi
for phase in "$state"/phases/*; do
    printf '%s %s\n' "$(basename "$phase")" "$(cat "$phase")"
done >"$report/logs/phases.txt"

case "${EXIT_CODE:-unknown} ${EXIT_STATUS:-unknown}" in
'exited 0') verdict=passed ;;
'exited 1') verdict=failed ;;
*) verdict=none ;;
esac
chmod -R a+rX "$report"
printf '{"verdict":"%s","exitStatus":"%s","endedAt":"%s"}\n' \
    "$verdict" "${EXIT_STATUS:-unknown}" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$report/verdict.json.part"
chmod a+r "$report/verdict.json.part"
mv "$report/verdict.json.part" "$report/verdict.json"
