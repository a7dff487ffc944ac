#!/usr/bin/python3
# Keeps environment.json in the report: what this run ran on (schemas/environment.schema.json). It is
# written at once, and again whenever the server is ready; the suite's verdict ends it. What cannot be
# found out is null: no run depends on this.
import glob
import hashlib
import json
import os
import re
import subprocess
import time
from urllib.request import Request, urlopen

ETC = "/etc/ephemeral-gpu-ci/"
STATE = "/var/lib/ephemeral-gpu-ci/"
HUB = STATE + "cache/huggingface/hub/"
IMDS = "http://169.254.169.254/latest/"
TOKEN = "X-aws-ec2-metadata-token"
# --api-key and the like, but not --max-num-batched-tokens.
SECRET_FLAG = re.compile(r"--?([\w-]*[-_])?(key|token|secret|password)", re.IGNORECASE)


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        return done.stdout.strip() if done.returncode == 0 else ""
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""


def metadata(name):
    try:
        headers = {TOKEN + "-ttl-seconds": "60"}
        request = Request(IMDS + "api/token", headers=headers, method="PUT")
        headers = {TOKEN: urlopen(request, timeout=5).read().decode()}
        request = Request(IMDS + "meta-data/" + name, headers=headers)
        return urlopen(request, timeout=5).read().decode()
    except (OSError, ValueError):
        return None


def gpus():
    query = "--query-gpu=name,memory.total,driver_version"
    lines = output("nvidia-smi", query, "--format=csv,noheader,nounits").splitlines()
    rows = [[cell.strip() for cell in line.split(",")] for line in lines]
    return [row for row in rows if len(row) == 3]


def cuda():
    found = re.search(r"CUDA (?:UMD )?Version *: *([\d.]+)", output("nvidia-smi"))
    return found and found.group(1)


# Of the server that runs, or, where none does, of the plan.
def server_arguments():
    said = output("docker", "inspect", "--format", "{{json .Config.Cmd}}", "gpu-ci-server")
    try:
        return [str(argument) for argument in json.loads(said)]
    except (ValueError, TypeError):
        planned = read(ETC + "ladder").split("\nrung ")[0].splitlines()
        return [line[4:] for line in planned if line.startswith("arg ")]


def without_secrets(arguments):
    shown = []
    hidden = False
    for argument in arguments:
        if argument.startswith("-"):
            flag, equals, _ = argument.partition("=")
            secret = SECRET_FLAG.fullmatch(flag) is not None
            hidden = secret and not equals
            argument = flag + "=***" if secret and equals else argument
        elif hidden:
            argument = "***"
        shown.append(re.sub(r"hf_\w{20,}", "***", argument))
    return shown


# The cache has a file of large content under its SHA-256, and a snapshot's files as links to them
# (https://huggingface.co/docs/huggingface_hub/guides/manage-cache).
def model(arguments):
    name = next((each for each in arguments if not each.startswith("-")), "")
    folder = HUB + "models--" + name.replace("/", "--")
    wanted = "main"
    for flag, value in zip(arguments, arguments[1:] + [""]):
        if flag.startswith("--revision"):
            wanted = flag.partition("=")[2] or value
    revision = read(f"{folder}/refs/{wanted}") or wanted
    snapshot = f"{folder}/snapshots/{revision}"
    blobs = []
    for path in glob.glob(f"{glob.escape(snapshot)}/**", recursive=True):
        blob = os.path.basename(os.path.realpath(path))
        if re.fullmatch("[0-9a-f]{64}", blob):
            blobs.append(f"{os.path.relpath(path, snapshot)} {blob}\n")
    return {
        "id": name or "unknown",
        "revision": revision if os.path.isdir(snapshot) else None,
        "weightsHash": (
            hashlib.sha256("".join(sorted(blobs)).encode()).hexdigest() if blobs else None
        ),
    }


def environment():
    found = gpus()
    arguments = server_arguments()
    return {
        "schemaVersion": 1,
        "gpus": [
            {"name": name, "memoryMiB": int(size) if size.isdigit() else None}
            for name, size, _ in found
        ],
        "driver": found[0][2] if found else None,
        "cuda": cuda(),
        "kernel": os.uname().release,
        "instanceType": metadata("instance-type"),
        "machineImage": metadata("ami-id"),
        "serverImage": read(ETC + "server.image"),
        "serverArguments": without_secrets(arguments),
        "suiteImage": read(ETC + "suite.image"),
        "model": model(arguments),
    }


def main():
    path = STATE + "report/environment.json"
    written = None
    while not os.path.exists(STATE + "report/verdict.json"):
        ready = read(STATE + "phases/suite")
        if written != ready:
            with open(path + ".part", "w", encoding="utf-8") as file:
                json.dump(environment(), file, indent=2)
            os.replace(path + ".part", path)
            written = ready
        time.sleep(1)


if __name__ == "__main__":
    main()
