#!/bin/sh
# Waits until the server is ready, then runs the suite in its pinned container. Its exit code goes
# to finish.sh: 0 passed, 1 a case failed, anything else no verdict.
set -u
etc=/etc/ephemeral-gpu-ci
state=/var/lib/ephemeral-gpu-ci
log=/var/log/ephemeral-gpu-ci/suite.log
url=http://127.0.0.1:8000
budget=$(cat "$etc/server-ready-seconds")
image=$(cat "$etc/suite.image")

say() {
    printf '%s\n' "$1" >>"$log"
}

say "pulling the suite's image"
if ! docker pull --quiet "$image" >>"$log" 2>&1; then
    say "no verdict: the suite's image $image could not be pulled"
    exit 3
fi

say "waiting up to $budget s for the server"
waited=0
until curl --fail --silent --max-time 5 "$url/health" >/dev/null &&
    curl --fail --silent --max-time 5 "$url/v1/models" >/dev/null; do
    if ! systemctl is-active --quiet gpu-ci-server; then
        say "no verdict: the server ended before it was ready; its last lines are:"
        tail -n 5 /var/log/ephemeral-gpu-ci/server.log | cut -c 1-300 >>"$log"
        exit 3
    fi
    if [ "$waited" -ge "$budget" ]; then
        say "no verdict: the server was not ready after $budget s"
        exit 3
    fi
    sleep 0.2
    waited=$(($(date -u +%s) - $(cat "$state/phases/suite-asked")))
done

date -u +%s >"$state/phases/suite"
say "the server is ready"
# Beside the suite, which it does not disturb: at its end every second is paid for nothing.
mkdir -p "$state/report/logs"
/opt/ephemeral-gpu-ci/health.sh >"$state/report/logs/health.txt" 2>&1 &
set --
while IFS= read -r argument; do
    set -- "$@" "$argument"
done <"$etc/suite.args"
docker run --rm --name gpu-ci-suite --network host \
    --volume "$state/suite:/suite:ro" --volume "$state/report:/report" \
    "$image" "$@" >>"$log" 2>&1
