#!/bin/sh
# Waits until the server is ready, then runs the suite in its pinned container; anew when the server
# runs out of memory meanwhile and goes on with less. Its exit code goes to finish.sh: 0 passed, 1 a
# case failed, anything else no verdict.
set -u
etc=/etc/ephemeral-gpu-ci
state=/var/lib/ephemeral-gpu-ci
report=$state/report
out=$report
[ ! -e "$etc/own-suite.json" ] || out=$report/own-suite
log=/var/log/ephemeral-gpu-ci/suite.log
url=http://127.0.0.1:8000
budget=$(cat "$etc/server-ready-seconds")
image=$(cat "$etc/suite.image")

say() {
    printf '%s\n' "$1" >>"$log"
}
server_runs() {
    systemctl is-active --quiet gpu-ci-server
}
server_answers() {
    curl --fail --silent --max-time 5 "$url/health" >/dev/null
}
failures() {
    wc -l <"$state/ladder.jsonl"
}

wait_for_server() {
    say "waiting up to $budget s for the server"
    begin=$1
    until server_answers &&
        curl --fail --silent --max-time 5 "$url/v1/models" >"$report/logs/models.json"; do
        if ! server_runs; then
            if [ "$(cat "$state/ladder-ended" 2>/dev/null)" = exhausted ]; then
                say "no verdict: the server ran out of memory, and no rung is left that could help"
            else
                say "no verdict: the server ended before it was ready; its last lines are:"
                tail -n 5 /var/log/ephemeral-gpu-ci/server.log | cut -c 1-300 >>"$log"
            fi
            exit 3
        fi
        if [ $(($(date -u +%s) - begin)) -ge "$budget" ]; then
            say "no verdict: the server was not ready after $budget s"
            exit 3
        fi
        sleep 0.2
    done
    curl --silent --max-time 5 "$url/version" >"$report/logs/version.json"
    date -u +%s >"$state/phases/suite"
    say "the server is ready on rung $(cat "$state/rung")"
}

# Where the suite ends first, because the server is gone, serve.sh is about to find out why.
wait_for_ladder() {
    begin=$(date -u +%s)
    until server_answers || ! server_runs || [ "$(failures)" -ne "$1" ] ||
        [ $(($(date -u +%s) - begin)) -ge 60 ]; do
        sleep 0.2
    done
}

say "pulling the suite's image"
if ! docker pull --quiet "$image" >>"$log" 2>&1; then
    say "no verdict: the suite's image $image could not be pulled"
    exit 3
fi
set --
while IFS= read -r argument; do
    set -- "$@" "$argument"
done <"$etc/suite.args"

mkdir -p "$report/logs"
wait_for_server "$(cat "$state/phases/suite-asked")"
# Beside the suite, which it does not disturb: at its end every second is paid for nothing.
/opt/ephemeral-gpu-ci/health.sh >"$report/logs/health.txt" 2>&1 &
aside=''
while :; do
    before=$(failures)
    rung=$(cat "$state/rung")
    because=$(sed 's/.*"name":"\([^"]*\)".*"failure":"\([^"]*\)".*/\1: \2/' \
        "$state/ladder.jsonl" | paste -s -d ';' -)
    # Whoever the image runs as may write there.
    install -d -m 0777 "$out"
    docker run --rm --name gpu-ci-suite --network host \
        --env-file "$etc/run.env" --env-file "$etc/suite.env" --env "GPU_CI_SERVER_URL=$url" \
        --env "GPU_CI_RUNG=$rung" --env "GPU_CI_RUNG_NOTE=$(cat "$state/rung.note")" \
        --env "GPU_CI_RUNG_BECAUSE=$because" --env "GPU_CI_SET_ASIDE=$aside" \
        --volume "$state/suite:/suite:ro" --volume "$out:/report" \
        "$image" "$@" >>"$log" 2>&1
    code=$?
    wait_for_ladder "$before"
    [ "$(failures)" -ne "$before" ] || exit "$code"
    say "the server ran out of memory on rung $rung: what the suite found there does not count"
    rm -rf "$report/junit.xml" "$report/report.html" "$report/own-suite"
    aside=''
    if [ -e "$report/results.json" ]; then
        mv "$report/results.json" "$report/results.$rung.json"
        aside=/report/results.$rung.json
    fi
    wait_for_server "$(date -u +%s)"
done
