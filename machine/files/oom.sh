#!/bin/sh
# Says how a server that has ended with $1 ran out of memory, from the log of its last start ($2): one
# of OOM_FAILURES in sizing/ladder.ts, or "other". The words are vLLM's (0.11 to 0.33); the narrower
# ones come first, since torch's own follow some of them.
set -u
said() {
    grep -q -e "$1" "$2"
}
if said 'Failed to load model - not enough GPU memory' "$2"; then
    echo weights-too-big
elif said 'estimated maximum model length is [0-9]' "$2"; then
    echo context-too-long
# Without an estimate not even one token has room.
elif said 'No available memory for the cache blocks' "$2" || said 'To serve at least one request' "$2"; then
    echo no-room-for-cache
elif said 'is less than desired GPU memory utilization' "$2"; then
    echo gpu-in-use
elif said 'CUDA out of memory' "$2" || said 'CUDA error: out of memory' "$2" ||
    said "Cuda failure.*out of memory" "$2"; then
    echo cuda-out-of-memory
elif [ "$1" -eq 137 ]; then
    echo host-out-of-memory
else
    echo other
fi
