#!/bin/sh
# Ends the machine when what it is rented for cannot go on: a phase past its budget, nobody who waits,
# an idle or broken GPU, a full disk, no SSH, a spot notice. The deadline is watchdog.sh's; each looks
# after the other. Times are seconds since the kernel started, which no change of the clock touches.
set -u
state=/var/lib/ephemeral-gpu-ci
run=/run/ephemeral-gpu-ci
imds=http://169.254.169.254/latest

# Budgets and windows in seconds; empty: not looked at. machine/guard.ts writes the file.
pull='' weights='' start='' test='' upload='' idle='' heartbeat='' heartbeat_rule=''
gpu_silent=120 disk_full=60 ssh_dead=180 farewell=30
# shellcheck source=/dev/null
. /etc/ephemeral-gpu-ci/guard

suite_runs() {
    systemctl is-active --quiet gpu-ci-suite
}
# The reason is written before the suite is stopped: finish.sh gathers it with the report, and whoever
# waits has a moment to fetch that.
end() {
    if suite_runs; then
        printf 'ephemeral-gpu-ci: the suite is stopped: %s\n' "$1" >>"$state/power-off.log"
        timeout 40 systemctl stop gpu-ci-suite
        sleep "$farewell"
    fi
    /opt/ephemeral-gpu-ci/watchdog.sh "$1"
}

at() {
    cat "$state/phases/$1" 2>/dev/null || echo 0
}
# The last start's lines in the server's log: vLLM says when the weights are on the GPU.
weights_are_loaded() {
    awk '/^ephemeral-gpu-ci: rung/ { loaded = 0 } /Model loading took/ { loaded = 1 }
        END { exit !loaded }' /var/log/ephemeral-gpu-ci/server.log
}
find_phase() {
    if [ -e "$state/phases/end" ]; then
        phase=upload budget=$upload
    elif [ "$(at suite)" -gt 0 ] && [ "$(at suite)" -ge "$(at start)" ]; then
        phase=test budget=$test
    elif [ "$(at start)" -gt 0 ] && weights_are_loaded; then
        phase=start budget=$start
    elif [ "$(at start)" -gt 0 ]; then
        phase=weights budget=$weights
    else
        phase=pull budget=''
        [ ! -e "$state/phases/pull" ] || budget=$pull
    fi
}
look_at_phase() {
    find_phase
    # A server that is started again starts its phases again.
    here="$phase $(at start)"
    read -r since known 2>/dev/null <"$run/phase" || known=''
    if [ "$known" != "$here" ]; then
        since=$now
        echo "$since $here" >"$run/phase"
    fi
    if [ -n "$budget" ] && [ $((now - since)) -ge "$budget" ]; then
        end "phase $phase: more than its $budget s"
    fi
}

# Whoever waits makes this file again and again; it is taken away to see whether it comes back.
look_at_heartbeat() {
    [ -n "$heartbeat" ] || return 0
    if [ -e "$run/heartbeat" ]; then
        rm -f "$run/heartbeat"
        beat=$now
    fi
    if [ "$heartbeat_rule" = finish ] && suite_runs; then
        beat=$now
    fi
    if [ $((now - beat)) -ge "$heartbeat" ]; then
        end "heartbeat: nobody has waited for $heartbeat s"
    fi
}

# In the background, because a wedged GPU lets nvidia-smi hang where even a kill does not reach it. What
# it says is kept for the report, each line with its instant.
ask_gpu() {
    [ ! -e "$run/gpu-asked" ] || return 0
    : >"$run/gpu-asked"
    {
        timeout -k 5 20 nvidia-smi --format=csv,noheader,nounits \
            --query-gpu=utilization.gpu,index,memory.used,memory.total,temperature.gpu,power.draw \
            >"$run/gpu.part" && {
            sed "s/^/$(date -u +%s),/;s/ //g" "$run/gpu.part" >>/var/log/ephemeral-gpu-ci/gpu.csv
            mv "$run/gpu.part" "$run/gpu"
        }
        rm -f "$run/gpu-asked"
    } >/dev/null 2>&1 &
}
look_at_gpu() {
    command -v nvidia-smi >/dev/null || return 0
    if [ -s "$run/gpu" ]; then
        answered=$now
        if [ "$phase" != test ] || grep -Eqv '^ *0 *(,|$)' "$run/gpu"; then
            busy=$now
        fi
        rm -f "$run/gpu"
    fi
    ask_gpu
    if [ $((now - answered)) -ge "$gpu_silent" ]; then
        end "GPU: nvidia-smi has not answered for $gpu_silent s"
    fi
    if [ -n "$idle" ] && [ "$phase" = test ] && [ $((now - busy)) -ge "$idle" ]; then
        end "GPU: idle for $idle s in phase test"
    fi
}
# The hardware's (NVIDIA, "XID Errors"): double-bit ECC, retired page, off the bus, contained and
# uncontained ECC, GPU reset refused.
look_at_kernel() {
    xid=$(journalctl --boot --dmesg --quiet --output cat 2>/dev/null |
        grep -E -m 1 'NVRM: Xid .*: (48|64|79|92|94|95),' | cut -c 1-160)
    [ -z "$xid" ] || end "GPU: $xid"
}

look_at_disk() {
    free_kib=$(df -Pk "$state" | awk 'NR == 2 { print $4 }')
    [ "$free_kib" -lt 262144 ] || roomy=$now
    if [ $((now - roomy)) -ge "$disk_full" ]; then
        end "disk: only $free_kib KiB free in $state"
    fi
}

# Where nobody can come, nobody fetches a report; a suite that may finish alone does that first.
look_at_ssh() {
    # sh knows no /dev/tcp.
    # shellcheck disable=SC2016
    if timeout 5 bash -c 'read -r banner </dev/tcp/127.0.0.1/22 && [[ $banner = SSH-* ]]' 2>/dev/null
    then
        reachable=$now
    elif [ "$heartbeat_rule" != finish ] || ! suite_runs; then
        [ $((now - reachable)) -lt "$ssh_dead" ] || end "SSH: no answer for $ssh_dead s"
    fi
}

# Two minutes' notice, best effort; 404: none (EC2, "Spot Instance interruption notices").
look_at_spot() {
    token=$(curl --silent --fail --max-time 2 --request PUT \
        --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/api/token") || return 0
    notice=$(curl --silent --fail --max-time 2 --header "X-aws-ec2-metadata-token: $token" \
        "$imds/meta-data/spot/instance-action") || return 0
    end "spot notice: $notice"
}

look_at_watchdog() {
    systemctl is-active --quiet gpu-ci-watchdog.timer || end "the watchdog's timer is not active"
}

look() {
    now=$(cut -d . -f 1 /proc/uptime)
    echo "$now" >"$run/guard-looked-at.part" &&
        mv "$run/guard-looked-at.part" "$run/guard-looked-at"
    look_at_watchdog
    look_at_spot
    look_at_phase
    look_at_heartbeat
    look_at_gpu
    look_at_disk
    if [ $((looks % 6)) -eq 0 ]; then
        look_at_kernel
        look_at_ssh
    fi
    looks=$((looks + 1))
}

for seconds in "$pull" "$weights" "$start" "$test" "$upload" "$idle" "$heartbeat" \
    "$gpu_silent" "$disk_full" "$ssh_dead" "$farewell"; do
    # A budget that is no number would never be exceeded.
    case $seconds in
    *[!0-9]* | ???????????*) end "the guard's settings cannot be read" ;;
    esac
done
rm -f "$run/gpu-asked" "$run/gpu"
beat=$(cut -d . -f 1 /proc/uptime)
busy=$beat answered=$beat roomy=$beat reachable=$beat looks=0
while :; do
    look
    sleep 5
done
