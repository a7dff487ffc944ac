#!/bin/sh
# Gathers the logs beside the report and writes the verdict last: whoever waits reads it as "done".
# systemd gives EXIT_CODE and EXIT_STATUS of the suite.
set -u
state=/var/lib/ephemeral-gpu-ci
report=$state/report
mkdir -p "$report/logs"
date -u +%s >"$state/phases/end"

for log in /var/log/ephemeral-gpu-ci/* /var/log/cloud-init-output.log "$state/power-off.log"; do
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

# Where the server got to; its last rung has not failed unless none was left.
if [ -s "$state/ladder-ended" ]; then
    ended=$(cat "$state/ladder-ended")
elif [ -e "$state/phases/suite" ]; then
    ended=served
else
    ended=other
fi
rungs=$(cat "$state/ladder.jsonl" 2>/dev/null)
if [ "$ended" != exhausted ] && [ -s "$state/rung" ]; then
    last=$(printf '{"name":"%s","note":"%s","failure":null}' \
        "$(cat "$state/rung")" "$(cat "$state/rung.note")")
    rungs=$(printf '%s\n%s' "$rungs" "$last" | sed '/^$/d')
fi
printf '{"rungs":[%s],"ended":"%s"}\n' \
    "$(printf '%s\n' "$rungs" | paste -s -d , -)" "$ended" >"$report/ladder.json"

case "${EXIT_CODE:-unknown} ${EXIT_STATUS:-unknown}" in
'exited 0') verdict=passed ;;
'exited 1') verdict=failed ;;
*) verdict=none ;;
esac
# For whoever has the report: whose run it was and, where there is one, what the own suite was.
cp /etc/ephemeral-gpu-ci/run.env /etc/ephemeral-gpu-ci/own-suite.json "$report/logs" 2>/dev/null
chmod -R a+rX "$report"
printf '{"verdict":"%s","exitStatus":"%s","endedAt":"%s"}\n' \
    "$verdict" "${EXIT_STATUS:-unknown}" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$report/verdict.json.part"
chmod a+r "$report/verdict.json.part"
mv "$report/verdict.json.part" "$report/verdict.json"

# Beside whoever fetches the report, whom it must not keep waiting; nothing hangs on how it ends.
push=/opt/ephemeral-gpu-ci/push.py
[ ! -e $push ] || systemd-run --quiet --collect --no-block --unit=gpu-ci-push -p RuntimeMaxSec=120 $push
