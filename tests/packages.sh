#!/bin/sh
# Installs the Debian packages that some tests use. Without root, says which are missing: the tests that need
# them are skipped and say so.
set -eu

missing=""
need() { # COMMAND PACKAGE
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need ip iproute2
need promtool prometheus

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null ||
        echo "apt-get failed: the tests that need$missing are skipped"
else
    echo "not installed:$missing (install them with apt-get as root; the tests that need them are skipped)"
fi
