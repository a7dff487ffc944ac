#!/bin/sh
# Called by a remote command with the folder that was copied here, if any: puts it in place and starts
# the suite detached. A second call for the same machine finds the suite running or done.
set -eu
state=/var/lib/ephemeral-gpu-ci
if [ -e "$state/phases/suite-asked" ]; then
    echo "the suite was started before"
    exit 0
fi
[ $# -eq 0 ] || cp -R "$1/." "$state/suite/"
date -u +%s >"$state/phases/suite-asked"
systemctl start --no-block gpu-ci-suite.service
echo "the suite was started"
