#!/usr/bin/env bash
# Everything one does with this project, as commands that explain themselves: ./run.sh help
#
# Needs Debian 12 or alike, Python 3.11 or newer, and root or sudo where Debian packages are missing. Installs into
# .venv in this folder, from the lock files, and touches nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

VENV=.venv
BIN=$VENV/bin

# Some containers set it, and every process would compile all our modules anew.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s\n' "$*" >&2; }
fail() { say "run.sh: $*"; exit 1; }

# debian PACKAGE... : install the Debian packages that are missing.
debian() {
    local missing=() package root=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "please install: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "please install as root: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    say "installing Debian packages: ${missing[*]}"
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

python_command() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.11 python3.12 python3.13; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            printf '%s' "$candidate"
            return
        fi
    done
}

# make_venv : make .venv, unless there is one that works and was made here: its commands name their folder.
make_venv() {
    local python made="$VENV/.made-in"
    if [ -x "$BIN/python" ] && [ "$(cat "$made" 2>/dev/null)" = "$PWD" ] && "$BIN/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    python=$(python_command)
    if [ -z "$python" ] || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        debian python3 python3-venv
        python=$(python_command)
    fi
    [ -n "$python" ] || fail "Python 3.11 or newer is needed; name one with PYTHON=…"
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
    printf '%s' "$PWD" >"$made"
}

# install_lock LOCK : install what a lock file lists, unless that has been done.
install_lock() {
    local stamp="$VENV/.installed-$1" wanted
    wanted=$(cat "$1" pyproject.toml | sha256sum)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    say "installing $1 into $VENV (once; a few minutes)"
    "$BIN/python" -m pip install -qq --disable-pip-version-check --require-hashes -r "$1"
    "$BIN/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
    printf '%s' "$wanted" >"$stamp"
}

task_install() { # install into .venv what running Briefcast needs
    make_venv
    install_lock requirements.lock
}

install_for_tests() {
    task_install
    install_lock requirements-dev.lock
    # Of Redis and PostgreSQL the tests start their own, on free ports; what Debian starts beside them does no harm.
    # gPodder is the listener's app of the tests, by its command line: 0.5 MB, and libraries of 5 MB that it asks for.
    # systemd looks the units over; it takes nothing over where something else is process 1.
    debian redis-server postgresql chromium-headless-shell fonts-dejavu-core openssl php-cli nginx-light gpodder systemd
    # Kokoro's voices come in an npm package; Debian's npm is large, so whichever is here is used.
    command -v npm >/dev/null || debian npm
}

install_for_long_tests() {
    # A real WordPress: its files are copied, and the tests start a MariaDB of their own beside them.
    debian wordpress php-mysql mariadb-server
    # The soak's bucket is Ceph's, of which the tests start what they need: about 220 MB installed.
    debian ceph-mon ceph-osd radosgw
}

task_demo() { # start the product with its sample newsroom and narrate an article (--once: then stop)
    task_install
    exec "$BIN/briefcast" demo "$@"
}

task_test() { # install everything, check the code, and run the tests but the long ones (arguments go to pytest)
    install_for_tests
    if [ $# -eq 0 ]; then
        # Meanwhile, on the other core: the tests' modules are compiled once, which each of the four would do for itself.
        "$BIN/python" -m pytest --collect-only -qq >/dev/null 2>&1 &
        run_checks
        wait
        # Four at a time on two cores, as much of it is waiting; whole files, so that a file's own servers start once.
        # What takes a minute and more, most of it waiting, comes with the soak.
        set -- -n 4 --dist loadfile --no-loadscope-reorder -m "not long"
    elif [[ " $* " == *" -m long "* ]]; then
        install_for_long_tests
    fi
    exec "$BIN/python" -m pytest "$@"
}

run_checks() {
    "$BIN/ruff" format --quiet --check . || fail "the formatting is off: .venv/bin/ruff format ."
    "$BIN/ruff" check --quiet .
    "$BIN/mypy" --no-error-summary
    "$BIN/lint-imports" >/dev/null || "$BIN/lint-imports"
    "$BIN/python" -m tests.audit
}

task_check() { # ruff, mypy --strict, the import contracts, and known vulnerabilities of what is locked
    install_for_tests
    run_checks
    say "ruff, mypy and the import contracts: all well"
}

task_serve() { # serve the API with embedded workers on http://127.0.0.1:8000
    task_install
    exec "$BIN/briefcast" serve "$@"
}

task_celery() { # the same on Celery: Procfile under honcho, with a Redis on BRIEFCAST_BROKER_URL
    task_install
    PATH="$PWD/$BIN:$PATH"
    briefcast migrate
    exec honcho start --port "${PORT:-8000}" web dispatcher worker speech
}

task_bench() { # measure speed and memory on this machine (a few minutes)
    install_for_tests
    exec "$BIN/python" -m tests.bench "$@"
}

task_soak() { # the long tests, then random work under random faults, for 30m or as long as is said (--seed N: the same choices again)
    install_for_tests
    install_for_long_tests
    [ $# -gt 0 ] || set -- 30m
    "$BIN/python" -m pytest -m long
    # Making, reusing and collecting in a thousand orders, for the 25 of every run; six minutes of CPU.
    BRIEFCAST_EXAMPLES=1000 "$BIN/python" -m pytest tests/worker/sources/test_collecting.py
    exec "$BIN/python" -m tests.soak "$@"
}

task_image() { # build deploy/Dockerfile by buildah, start its processes, narrate an article; `systemd`: the units on a Debian that boots (ten minutes and 4 GB, for a while)
    install_for_tests
    if [ "${1-}" = systemd ]; then
        debian mmdebstrap systemd-container
        exec "$BIN/python" -m tests.image.units
    fi
    debian buildah mmdebstrap
    exec "$BIN/python" -m tests.image
}

task_fuzz() { # fuzz what reads bytes from outside (seconds for each target, 60; then targets)
    install_for_tests
    exec "$BIN/python" -m tests.fuzz "$@"
}

task_player() { # build the web player from player/ into briefing/player.js, its types and pure parts checked first
    command -v npm >/dev/null || debian npm
    cd player
    npm ci --silent
    npm run --silent check
    npm test --silent
    npm run --silent build
}

task_lock() { # write both lock files anew from pyproject.toml
    install_for_tests
    "$BIN/python" -m pip install -qq uv
    local compile=("$BIN/uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet
        --no-header --no-emit-index-url --no-emit-find-links --upgrade --extra piper --extra alignment --extra build)
    "${compile[@]}" -o requirements.lock
    "${compile[@]}" --extra dev -c requirements.lock -o requirements-dev.lock
}

task_help() { # this list
    sed -nE 's/^task_([a-z]+)\(\) \{ # (.*)/  \1\t\2/p' "${BASH_SOURCE[0]}" | expand -t 12
}

name=${1:-help}
[ $# -eq 0 ] || shift
declare -F "task_$name" >/dev/null || { task_help >&2; fail "there is no command '$name'"; }
"task_$name" "$@"
