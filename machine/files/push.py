#!/usr/bin/python3
# Pushes the report as it is now, one archive, to the report bucket. It is made in memory, since a disk
# may be full, and signed here (AWS, "Signature Version 4"): curl 7.81, which Ubuntu 22.04 has, signs
# neither the content (curl/curl#8810) nor the session token (#11738), and S3 wants both. What is told
# of an error is nothing that a header could stand in.
import hashlib
import hmac
import json
import subprocess
import time
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

IMDS = "http://169.254.169.254/latest/"
TOKEN = "X-aws-ec2-metadata-token"


def ask(method, url, headers, data=None):
    return urlopen(Request(url, data, headers, method=method), timeout=5).read().decode()


# The report, and the logs as they are by now, as far as they are there; tar follows no link.
def archive():
    command = (
        "tar -cz --transform=s,^[^/]*log$,logs/&,;s,^eph[^/]*,logs,;s,^report,., "
        "-C /var/lib/ephemeral-gpu-ci report power-off.log "
        "-C /var/log ephemeral-gpu-ci cloud-init-output.log"
    )
    tar = subprocess.run(command.split(), capture_output=True)
    # A part of it must not take the place of an earlier whole.
    if tar.returncode < 0:
        raise OSError
    return tar.stdout


def push(body, region):
    token = {TOKEN: ask("PUT", IMDS + "api/token", {TOKEN + "-ttl-seconds": "60"})}

    def metadata(path):
        return ask("GET", IMDS + "meta-data/" + path, token)

    role = "iam/security-credentials/"
    keys = json.loads(metadata(role + metadata(role).split()[0]))
    region = region or metadata("placement/region")
    with open("/etc/ephemeral-gpu-ci/report-bucket") as file:
        path, *endpoint = file.read().split()
    base = endpoint[0] if endpoint else f"https://s3.{region}.{metadata('services/domain')}"
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    content = hashlib.sha256(body).hexdigest()
    headers = {
        "host": urlsplit(base).netloc,
        "x-amz-content-sha256": content,
        "x-amz-date": now,
        "x-amz-meta-instance": metadata("instance-id"),
        "x-amz-security-token": keys["Token"],
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in headers)
    request = f"PUT\n{path}\n\n{lines}\n{names}\n{content}".encode()
    request = hashlib.sha256(request).hexdigest()
    key = f"AWS4{keys['SecretAccessKey']}".encode()
    for part in [*scope.split("/"), f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{request}"]:
        key = hmac.new(key, part.encode(), "sha256").digest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope}, "
        f"SignedHeaders={names}, Signature={key.hex()}"
    )
    headers["content-type"] = "application/gzip"
    ask("PUT", base + path, headers, body)


region = ""
for pause in (0, 2, 6):
    time.sleep(pause)
    try:
        body = archive()
        push(body, region)
        end = f"pushed, {len(body)} bytes"
        break
    except HTTPError as error:
        end = f"not pushed: HTTP {error.code} from {urlsplit(error.url).netloc}"
        # The bucket may be in another region than the machine.
        region = error.headers.get("x-amz-bucket-region", region)
    except Exception as error:
        end = f"not pushed: {type(error).__name__} {getattr(error, 'reason', '')}"
for path in ("/var/log/ephemeral-gpu-ci/push.log", "/dev/console"):
    try:
        with open(path, "a") as file:
            file.write(f"ephemeral-gpu-ci: report {end}\n")
    except OSError:
        pass
