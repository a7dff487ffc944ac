#!/bin/sh
# Serves the model in its pinned container. When the server runs out of memory it is started again on
# the next rung down that can help (the file "ladder", see serverFiles.ts); any other end is the end.
set -u
etc=/etc/ephemeral-gpu-ci
state=/var/lib/ephemeral-gpu-ci
log=/var/log/ephemeral-gpu-ci/server.log
image=$(cat "$etc/server.image")

# What the ladder says of a kind ($2) about a rung ($1).
lines_of() {
    awk -v rung="$1" -v kind="$2" '
        $1 == "rung" { here = $2 == rung }
        here && $1 == kind { print substr($0, length(kind) + 2) }' "$etc/ladder"
}
# The first rung below $1 (of all, where it is empty) that helps with $2 where the server has named a
# context of $3 tokens.
next_rung() {
    awk -v above="$1" -v failure="$2" -v named="$3" '
        BEGIN { below = above == "" }
        $1 != "rung" { next }
        below && index("," $3 ",", "," failure ",") && named + 0 >= $4 { print $2; exit }
        $2 == above { below = 1 }' "$etc/ladder"
}
stand_on() {
    waited=''
    rung=$1
    note=$(lines_of "$rung" note)
    if [ -n "$(lines_of "$rung" arg)" ]; then
        args_of=$rung
    else
        note="$(lines_of "$args_of" note); $note"
    fi
    printf '%s\n' "$note" >"$state/rung.note"
    printf '%s\n' "$rung" >"$state/rung"
    echo "ephemeral-gpu-ci: rung $rung: $(cat "$state/rung.note")" >>"$log"
}
record() {
    printf '{"name":"%s","note":"%s","failure":"%s","at":"%s"}\n' "$rung" \
        "$(cat "$state/rung.note")" "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >>"$state/ladder.jsonl"
}
# Whether the suite has been at work since the server was started last.
in_suite() {
    [ "$(cat "$state/phases/suite" 2>/dev/null || echo 0)" -ge "$(cat "$state/phases/start")" ]
}
give_up() {
    echo "$1" >"$state/ladder-ended"
    exit "$2"
}

: >>"$state/ladder.jsonl"
stand_on as-planned
date -u +%s >"$state/phases/pull"
docker pull --quiet "$image" >>"$log" 2>&1 || give_up other 1
named=''
left_out=0
while :; do
    set --
    while IFS= read -r argument; do
        set -- "$@" "$argument"
    done <<END
$(lines_of "$args_of" arg | sed "s/@SERVER_LENGTH:\([0-9]*\)@/${named:-\\1}/")
END
    date -u +%s >"$state/phases/start"
    begin=$(wc -c <"$log")
    docker run --rm --name gpu-ci-server --gpus all --network host --ipc host \
        --volume "$state/cache:/root/.cache" \
        "$image" "$@" >>"$log" 2>&1
    # vLLM ends with 0, too, when its engine dies in mid-request (vllm-project/vllm#48966).
    status=$?
    tail -c "+$((begin + 1))" "$log" >"$state/last-start.log"
    failure=$(/opt/ephemeral-gpu-ci/oom.sh "$status" "$state/last-start.log")
    [ "$failure" != other ] || give_up other "$status"
    record "$failure"
    # The suite sees a server that is gone, or another one: what it has found does not count.
    docker kill --signal TERM gpu-ci-suite >/dev/null 2>&1
    docker rm -f gpu-ci-server >/dev/null 2>&1
    if [ "$failure" = gpu-in-use ] && [ -z "$waited" ]; then
        # The server before may not have given all its memory back yet.
        waited=yes
        sleep 10
        continue
    fi
    if [ "$failure" = context-too-long ]; then
        named=$(sed -n 's/.*estimated maximum model length is \([0-9,]*\).*/\1/p' \
            "$state/last-start.log" | tail -n 1 | tr -d ,)
        # Free memory differs a little from one start to the next.
        named=$((named - named / 64))
    fi
    next=$(next_rung "$rung" "$failure" "$named")
    # Each case that the suite leaves out costs a start; a machine that needs more of them is too small.
    if [ -z "$next" ] && in_suite && [ "$left_out" -lt 3 ]; then
        left_out=$((left_out + 1))
        next=$(next_rung '' "$failure-in-case" 0)
    fi
    [ -n "$next" ] || give_up exhausted 1
    stand_on "$next"
done
