#!/bin/sh
# For whoever waits, to be read in by ".": `beat` tells gpu-ci-guard.service that somebody does. It
# fails once the SSH session has ended in which this runs: sudo and this go on without it.
session=$$
while [ "$session" -gt 1 ]; do
    session=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$session/status")
    case $(cat "/proc/$session/comm") in
    sshd*) break ;;
    esac
done
beat() {
    [ -e "/proc/${session:-gone}" ] && : >/run/ephemeral-gpu-ci/heartbeat
}
