#!/usr/bin/env bash
# Shows what the gates print, on a small service and then on this repository itself.
#
#   tools/demo.sh [--example-only] [FOLDER]     FOLDER is new or empty; without it .ci-actions/demo is made anew
#
# Ends with 0 only if every verdict is the expected one; the first has to be red.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
example_only=false
if [[ ${1:-} == --example-only ]]; then
    example_only=true
    shift
fi
branch=refund-parts
verdicts=()
pages=()
all_as_expected=true

bold= plain=
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi

# The verdicts are those of a laptop, whatever the caller's own run, repository or settings of git and coverage are.
isolate() {
    local name
    # shellcheck disable=SC2046 # one word per variable is meant
    for name in "${!GITHUB_@}" "${!INPUT_@}" "${!COVERAGE_@}" $(git rev-parse --local-env-vars) PYTEST_ADDOPTS PYTHONPATH; do
        unset "$name"
    done
    export VIRTUAL_ENV=$root/.venv PATH=$root/.venv/bin:$PATH
}

# No settings, ignored files, hooks, templates or signatures of the user's in the scratch repository.
git() {
    GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_TEMPLATE_DIR='' \
        GIT_AUTHOR_NAME='A developer' GIT_AUTHOR_EMAIL=developer@orders.example \
        GIT_COMMITTER_NAME='A developer' GIT_COMMITTER_EMAIL=developer@orders.example \
        command git --no-pager -c core.excludesFile= -c core.attributesFile= "$@"
}

make_folder() {
    if [[ -z ${1:-} ]]; then
        folder=$root/.ci-actions/demo
        rm -rf "$folder"
    elif [[ -n $(ls -A "$1" 2>/dev/null) ]]; then
        echo "demo: $1 is not empty" >&2
        exit 2
    else
        folder=$1
    fi
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
}

title() { printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"; }

run() {
    printf '%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@"
}

# Runs `ci-actions check` and compares how it ends; keeps the pages, for the next check writes to the same place.
judge() { # EXPECTED-EXIT-CODE NAME WHAT
    local expected=$1 name=$2 what=$3 code=0 said='as it has to be'
    run ci-actions check || code=$?
    if [[ $code -ne $expected ]]; then
        said="but it has to be $expected"
        all_as_expected=false
    fi
    verdicts+=("$(printf '%-42s exit code %d, %s' "$what" "$code" "$said")")
    mkdir -p "$folder/pages"
    cp -R .ci-actions/coverage-gate "$folder/pages/$name"
    [[ ! -f $folder/pages/$name/coverage.html ]] || pages+=("$(printf '%-42s %s' "$what" "$folder/pages/$name/coverage.html")")
}

show_the_example() {
    cp -R "$root/examples/orders" "$folder/orders"
    cd "$folder/orders"
    git init --quiet
    git checkout --quiet -b main
    git add --all
    git commit --quiet --message 'orders 1.0.0'
    git checkout --quiet -b "$branch"

    title "1. A feature is pushed with too few tests: this has to be red"
    echo "In ${folder#"$root/"}/orders, a copy of examples/orders:"
    git am --quiet "$root"/examples/orders-feature/0001-*.patch
    run git log --format='%h %s' main..
    run coverage run -m pytest -q
    judge 1 1-too-few-tests 'orders, with too few tests'

    title "2. The tests that were missing are pushed: this has to be green"
    git am --quiet "$root"/examples/orders-feature/0002-*.patch
    run git log --format='%h %s' main..
    run coverage run -m pytest -q
    judge 0 2-with-the-tests 'orders, with the tests that were missing'
}

show_the_repository() {
    cd "$root"
    title "3. This repository asks the same of itself: this has to be green"
    if [[ ! -e .git ]]; then
        echo "Left out: this is no git checkout, so there is no telling what has changed."
        return
    fi
    run coverage erase
    run coverage run -m pytest -q tests/unit tests/golden || { echo 'demo: its unit tests fail' >&2; exit 1; }
    judge 0 3-this-repository 'this repository'
}

if [[ ! -x $root/.venv/bin/ci-actions ]]; then
    echo "demo: there is no .venv/bin/ci-actions; run: make setup" >&2
    exit 2
fi
isolate
make_folder "${1:-}"
show_the_example
$example_only || show_the_repository

title "Verdicts"
printf '  %s\n' "${verdicts[@]}"
title "Pages"
printf '  %s\n' "${pages[@]}"
$all_as_expected || {
    printf '\ndemo: not every verdict is the expected one\n' >&2
    exit 1
}
