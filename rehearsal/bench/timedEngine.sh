#!/bin/sh
# Stands in front of the engine as `pulumi`: leaves an empty file for each call, named after its
# process and its command and as old as its begin, then becomes the engine itself, which is
# $BENCH_ENGINE. (Did it only start the engine, signals would have to be handed on.)
set -eu
: >"$BENCH_ENGINE_CALLS/$$-${1:-none}"
exec "$BENCH_ENGINE" "$@"
