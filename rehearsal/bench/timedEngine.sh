#!/bin/sh
# Stands in front of the engine as `pulumi` and leaves two empty files for each call, whose times of
# change are its begin and its end: $BENCH_ENGINE_TIMES/NUMBER-COMMAND.begin and .end.
# The engine itself is $BENCH_ENGINE.
set -u
call="$BENCH_ENGINE_TIMES/$$-${1:-none}"
: >"$call.begin"
"$BENCH_ENGINE" "$@" &
engine=$!
trap 'kill -INT "$engine"' INT
trap 'kill -TERM "$engine"' TERM
wait "$engine"
code=$?
# A trap ends the wait, not the engine.
while kill -0 "$engine" 2>/dev/null; do
    wait "$engine"
    code=$?
done
: >"$call.end"
exit "$code"
