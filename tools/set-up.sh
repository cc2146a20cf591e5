#!/usr/bin/env bash
# Makes an environment with the locked development tools and this checkout installed in it, editable.
#
#   tools/set-up.sh FOLDER            with PYTHON, or the newest of python3, python and python3.11 - 3.14 that will do
set -euo pipefail

folder=$1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A Debian python3 without its python3-venv package is found, but cannot make an environment.
can_make_environments() {
    "$1" -I -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    if [[ -n ${PYTHON:-} ]]; then
        can_make_environments "$PYTHON" && { echo "$PYTHON"; return; }
        echo "setup: PYTHON=$PYTHON is not a Python 3.11 or newer with venv" >&2
        return 1
    fi
    for candidate in python3 python python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && can_make_environments "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    # Last: installed, but not on PATH.
    for candidate in python3 python; do
        command -v "$candidate" >/dev/null || continue
        candidate=$("$candidate" tools/interpreters.py 3.11 2>/dev/null | tail -n 1 | cut -d ' ' -f 2-)
        [[ -n $candidate ]] && can_make_environments "$candidate" && { echo "$candidate"; return; }
    done
    echo "setup: no Python 3.11 or newer with venv was found (Debian: apt-get install python3-venv; or set PYTHON=…)" >&2
    return 1
}

python=$(find_python)
echo "setup: making $folder with $("$python" -V 2>&1)"
# Anew, so that what a lock no longer names is gone.
"$python" -m venv --clear "$folder"
pip=("$folder/bin/python" -m pip --quiet --disable-pip-version-check install)
echo "setup: installing requirements/dev.txt"
# The lock is complete; without --no-deps pip would also look for what actions-toolkit says it needs (see pyproject.toml).
"${pip[@]}" --no-deps --require-hashes --only-binary :all: -r requirements/dev.txt
echo "setup: installing ci-actions, editable"
"${pip[@]}" --no-deps --no-build-isolation -e .
echo "setup: done: $folder/bin/ci-actions"
