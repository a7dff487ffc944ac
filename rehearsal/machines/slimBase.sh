#!/bin/sh
# Makes a base image small and quick to install into. Runs inside a container of the base.
set -eu

# No manual pages, documentation or translations: a third of what the packages would unpack.
cat >/etc/dpkg/dpkg.cfg.d/ephemeral-gpu-ci <<'CONFIG'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/lintian/*
CONFIG
cat >/etc/apt/apt.conf.d/90ephemeral-gpu-ci <<'CONFIG'
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONFIG
# Services start when a machine boots, never while its image is made.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/info/* /usr/share/locale/* /usr/share/lintian/*
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
