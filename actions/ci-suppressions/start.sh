#!/usr/bin/env bash
# Starts a capability:  bash "$GITHUB_ACTION_PATH/start.sh" coverage-gate …
#
# The same bytes beside every action.yml. Finds the repository's root, then a Python of at least 3.11 even when
# the job put an older one first on PATH, and hands over to src/ci_actions/_launch.py. In the usual case exactly
# one process is started; hence builtins only. Has to run in bash 3.2 (macOS).
set -u

floor=3.11
minors='14 13 12 11'
too_old=97    # said by _launch.py
handshake=180 # added by bootstrap.py to our own exit codes: whatever is below was not said by us
windows=false
[[ ${OS:-} == Windows_NT ]] && windows=true

fail() { # TITLE MESSAGE: environment unavailable
    local message=$2
    printf 'ci-actions: %s\n%s\n' "$1" "$message" >&2
    if [[ ${GITHUB_ACTIONS:-} == true ]]; then
        message=${message//'%'/%25}
        message=${message//$'\r'/%0D}
        message=${message//$'\n'/%0A}
        printf '::error title=ci-actions%%3A %s::%s\n' "$1" "$message"
    fi
    exit 4
}

find_root() {
    local folder=.
    [[ ${BASH_SOURCE[0]} == */* ]] && folder=${BASH_SOURCE[0]%/*}
    for root in "$folder" "$folder/.." "$folder/../.."; do
        [[ -f $root/src/ci_actions/__init__.py ]] && return
    done
    fail 'this copy of the action is incomplete' \
        "There is no src/ci_actions beside or above ${folder}: use a tagged version of the whole repository."
}

# Runs the launcher and sets `status`; hands a cancellation on, for the runner signals only the shell.
launch() { # PYTHON… ARGUMENTS…
    local child signalled
    "$@" <&0 &
    child=$!
    trap 'signalled=true; kill -TERM "$child" 2>/dev/null' TERM
    # A terminal sends Ctrl-C to the child as well; twice would interrupt its cleaning up.
    trap 'signalled=true; [[ ${GITHUB_ACTIONS:-} != true ]] || kill -INT "$child" 2>/dev/null' INT
    while :; do
        signalled=false
        wait "$child"
        status=$?
        $signalled || break # else `wait` was cut short, and the child is still cleaning up
    done
    trap - INT TERM
}

# Returns only if this Python cannot be used; otherwise the program has run, and its exit code is ours.
try() { # PYTHON…
    launch "$@" -I -S -X utf8 "$root/src/ci_actions/_launch.py" "$root" ${arguments[@]+"${arguments[@]}"}
    case $((status - handshake)) in [0-5] | 70) exit $((status - handshake)) ;; esac
    ((status < 128)) || exit "$status" # ended by a signal, perhaps in the middle of its work: never again
    if ((status != too_old)); then
        # Either it did not start, or it did and then broke. Only the first may go on to the next one.
        "$@" -I -S -c 'raise SystemExit(96)' >/dev/null 2>&1
        if [[ $? -eq 96 ]]; then
            printf 'ci-actions: defect: %s ended with status %s without a verdict\n' "$*" "$status" >&2
            exit 70
        fi
    fi
    version_of "$@"
    tried+="  $* ($version)"$'\n'
}

version_of() { # PYTHON…; only asked of those that are of no use
    version=$("$@" --version 2>&1)
    version=${version%%$'\n'*}
    [[ $version == [A-Z]*' '[0-9]* ]] || version="does not start: status $status"
}

try_named() { # PYTHON…, if there is one
    hash -- "$1" 2>/dev/null || return 0
    try "$@"
}

try_tool_cache() {
    local cache=${RUNNER_TOOL_CACHE:-} minor python
    cache=${cache//\\//}
    [[ -n $cache ]] || return 0
    for minor in $minors; do
        for python in "$cache"/Python/3."$minor".*/{x64,arm64}/{bin/python3,python.exe}; do
            [[ -x $python ]] && try "$python"
        done
    done
}

tried=
root=
status=
version=
arguments=("$@")
find_root

if $windows; then
    # Git's bash rewrites what looks like a POSIX path (/healthz) for native programs; inputs are to arrive as given.
    export MSYS2_ENV_CONV_EXCL='INPUT_'
    [[ $root == /* ]] && root=$(cygpath -m -- "$root")
    export MSYS2_ARG_CONV_EXCL='*'
fi

if [[ -n ${CI_ACTIONS_PYTHON:-} ]]; then
    try "$CI_ACTIONS_PYTHON"
    fail 'CI_ACTIONS_PYTHON cannot be used' \
        "CI_ACTIONS_PYTHON is $CI_ACTIONS_PYTHON ($version), and has to be a Python $floor or newer."$'\n''Correct it, or unset it to have one looked for.'
fi

try_named python3
try_named python
try_tool_cache
if $windows; then try_named py -3; fi
for minor in $minors; do try_named "python3.$minor"; done

fail "no Python $floor or newer" "Tried:
${tried:-  nothing: there is no python3 or python on PATH and none in the tool cache
}These steps bring one, beside whatever the job itself uses:
  - id: ci-actions-python
    uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0
    with:
      python-version: '3.13'
      update-environment: false
  - uses: # the step that failed
    env:
      CI_ACTIONS_PYTHON: \${{ steps.ci-actions-python.outputs.python-path }}"
