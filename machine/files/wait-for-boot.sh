#!/bin/sh
# Ends 0 once cloud-init has finished, 1 with its own words when it failed.
set -u
budget=$(cat /var/lib/ephemeral-gpu-ci/boot-budget-seconds)
asked_at=$(date -u +%s)
waited=0
until [ -e /var/lib/ephemeral-gpu-ci/phases/booted ]; do
    if [ "$waited" -ge "$budget" ]; then
        echo "cloud-init did not finish within $budget s:"
        tail -n 10 /var/log/cloud-init-output.log
        exit 1
    fi
    sleep 0.2
    waited=$(($(date -u +%s) - asked_at))
done
