#!/bin/sh
# Starts the model server in its pinned container; one argument a line in server.args.
set -eu
etc=/etc/ephemeral-gpu-ci
state=/var/lib/ephemeral-gpu-ci
log=/var/log/ephemeral-gpu-ci/server.log
image=$(cat "$etc/server.image")

set --
while IFS= read -r argument; do
    set -- "$@" "$argument"
done <"$etc/server.args"

date -u +%s >"$state/phases/pull"
docker pull --quiet "$image" >>"$log" 2>&1
date -u +%s >"$state/phases/start"
exec docker run --rm --name gpu-ci-server --gpus all --network host --ipc host \
    --volume "$state/cache:/root/.cache" \
    "$image" "$@" >>"$log" 2>&1
