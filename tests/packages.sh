#!/bin/sh
# Installs what some tests need beside Python packages: Debian's packages as root, and a Chromium.
# Without root it says which packages are missing: the tests that need them are skipped and say so. The
# browser's tests are never skipped: without a Chromium they fail.
set -eu

missing=""
need() { # COMMAND PACKAGE
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need ip iproute2
need promtool prometheus
need amtool prometheus-alertmanager
need systemd-analyze systemd

browser() {
    for path in /usr/lib/chromium/chromium-headless-shell /usr/lib/chromium/chromium /opt/google/chrome/chrome \
        "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}"/chromium_headless_shell-*/*/*headless*shell \
        "$HOME"/Library/Caches/ms-playwright/chromium_headless_shell-*/*/*headless*shell; do
        [ -x "$path" ] && return 0
    done
    return 1
}

install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

root=""
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && root=yes

if [ -n "$root" ] && { [ -n "$missing" ] || ! browser; }; then
    apt-get update -qq >/dev/null || echo "apt-get update failed"
fi

if [ -n "$missing" ] && [ -n "$root" ]; then
    echo "installing:$missing"
    # shellcheck disable=SC2086
    install $missing || echo "apt-get failed: the tests that need$missing are skipped"
elif [ -n "$missing" ]; then
    echo "not installed:$missing (install them with apt-get as root; the tests that need them are skipped)"
fi

if ! browser; then
    echo "installing a Chromium"
    if [ -n "$root" ]; then
        install chromium-headless-shell || install chromium || true
    fi
    if ! browser && [ -n "${1:-}" ]; then
        "$1/playwright" install --only-shell chromium || true
    fi
    browser || echo "no Chromium can be had here: install chromium-headless-shell with apt-get, or run
playwright install --only-shell chromium. The browser's tests fail without one."
fi
