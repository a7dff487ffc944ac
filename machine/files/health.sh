#!/bin/sh
# Says what is right and wrong with this machine, a line each: driver, GPU, disk, container runtime,
# image, server, deadline. Ends 1 when anything is wrong.
set -u
etc=/etc/ephemeral-gpu-ci
state=/var/lib/ephemeral-gpu-ci
wrong=0

ok() {
    printf 'ok     %s\n' "$1"
}
bad() {
    printf 'WRONG  %s\n' "$1"
    wrong=1
}

# nvidia-smi itself hangs on a wedged GPU: no answer within 20 s counts as unhealthy.
if ! command -v nvidia-smi >/dev/null; then
    bad "driver: nvidia-smi is not installed; use a machine image that has the NVIDIA driver"
elif gpus=$(timeout 20 nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>&1); then
    if [ -n "$gpus" ]; then
        ok "driver and GPU: $(printf '%s' "$gpus" | tr '\n' ';')"
    else
        bad "GPU: the driver runs but sees none; is this a GPU instance type?"
    fi
elif [ $? -eq 124 ]; then
    bad "GPU: nvidia-smi gave no answer in 20 s; the GPU hangs, take another machine"
else
    bad "driver: $(printf '%s' "$gpus" | head -n 1)"
fi

free_gib=$(df -Pk "$state" | awk 'NR == 2 { print int($4 / 1048576) }')
if [ "$free_gib" -ge 5 ]; then
    ok "disk: $free_gib GiB free"
else
    bad "disk: only $free_gib GiB free in $state; raise volumeGiB"
fi

if docker info >/dev/null 2>&1; then
    ok "container runtime: docker answers"
    if [ -f "$etc/server.image" ]; then
        image=$(cat "$etc/server.image")
        if docker image inspect "$image" >/dev/null 2>&1; then
            ok "image: $image is here"
        else
            bad "image: $image is not here; see /var/log/ephemeral-gpu-ci/server.log"
        fi
    fi
else
    bad "container runtime: docker does not answer"
fi

if [ -f "$etc/server.image" ]; then
    if curl --fail --silent --max-time 5 http://127.0.0.1:8000/health >/dev/null; then
        ok "server: answers on port 8000"
    elif systemctl is-active --quiet gpu-ci-server; then
        bad "server: runs but is not ready; see /var/log/ephemeral-gpu-ci/server.log"
    else
        bad "server: has ended: $(tail -n 1 /var/log/ephemeral-gpu-ci/server.log | cut -c 1-200)"
    fi
fi

left=$(($(cat "$state/power-off-at") - $(date -u +%s)))
if systemctl is-active --quiet gpu-ci-watchdog.timer; then
    ok "watchdog: $left s until it ends this machine; it is armed"
else
    bad "watchdog: $left s until it ends this machine; but it is NOT armed"
fi
exit $wrong
