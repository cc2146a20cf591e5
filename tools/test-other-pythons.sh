#!/usr/bin/env bash
# Runs tests on CPythons 3.11 - 3.13 of this machine other than the one of .venv, each in an environment of its own
# made from the same lock.
#
#   tools/test-other-pythons.sh tests/unit …
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
ours=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

others=$(.venv/bin/python tools/interpreters.py 3.11 3.13 | grep -v "^$ours " || true)

while read -r version python; do
    [[ -n $version ]] || continue
    folder=.venvs/$version
    stamp=$folder/.set-up
    if [[ ! -f $stamp || requirements/dev.txt -nt $stamp || pyproject.toml -nt $stamp ]]; then
        PYTHON=$python tools/set-up.sh "$folder"
        touch "$stamp"
    fi
    echo "test: $* on Python $version"
    "$folder/bin/python" -m pytest -q -p no:cacheprovider -n 2 -m 'not slow' "$@"
done <<<"$others"
