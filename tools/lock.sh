#!/usr/bin/env bash
# Locks requirements/*.in: hashes, but no address of an index, no path of this machine.
#
#   tools/lock.sh UV-VERSION [--upgrade]
set -euo pipefail

version=$1
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "lock: fetching uv $version"
"${PYTHON:-python3}" -m venv "$scratch"
"$scratch/bin/python" -m pip --quiet --disable-pip-version-check install "uv==$version"

# Development is constrained to what the first one locked; the others stand each for itself.
others=$(cd requirements && find scanners managers tools -name '*.in' | sort | sed 's/\.in$//')
# shellcheck disable=SC2086 # one word per set is meant
for name in runtime dev $others; do
    echo "lock: requirements/$name.txt"
    "$scratch/bin/uv" --quiet pip compile --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' "$@" \
        "requirements/$name.in" --output-file "requirements/$name.txt"
done
