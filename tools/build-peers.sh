#!/usr/bin/env bash
# Builds the pinned Go peers that the tests run against, each from a module of its own under tools/.
#
#   tools/build-peers.sh [NAME …]      build these peers (default: all)
#   tools/build-peers.sh --path NAME   print where the binary is, or will be, and build nothing
#
# A binary's folder is named after the digest of its go.sum and of our own sources, so a changed pin is built anew and an
# unchanged one never.
# On a laptop without Go this says loudly what is skipped and exits 0; under CI=true it exits 1.
set -euo pipefail

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:?HOME or XDG_CACHE_HOME must be set}/.cache}/ci-actions/peers
oldest_go=1.26 # what the peers' own go.mod files ask for

# Of go.sum, and of the sources where the program is our own.
digest() {
    { cat "$tools/$1/go.sum"; find "$tools/$1" -name '*.go' -print0 | LC_ALL=C sort -z | xargs -0 cat; } |
        if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c1-16
}

is_peer() { [[ -f $tools/$1/go.mod && -f $tools/$1/go.sum ]]; }

peers() {
    local module
    for module in "$tools"/*/go.mod; do
        basename "$(dirname "$module")"
    done
}

path_of() {
    local suffix=
    [[ ${OS:-} == Windows_NT ]] && suffix=.exe
    printf '%s/%s/%s%s\n' "$cache" "$(digest "$1")" "$1" "$suffix"
}

# Prints why Go cannot build the peers; prints nothing when it can.
why_not_go() {
    local version
    if ! command -v go >/dev/null; then
        echo "Go is not installed"
        return
    fi
    # Since 1.21 Go fetches the toolchain that a go.mod asks for, so only an older one is of no use.
    version=$(go env GOVERSION)
    version=${version#go}
    if [[ $(printf '%s\n' 1.21 "$version" | sort -V | head -n 1) != 1.21 ]]; then
        echo "Go $version is too old"
    fi
}

build() {
    local name=$1 target folder package scratch started=$SECONDS
    target=$(path_of "$name")
    if [[ -x $target ]]; then
        echo "peers: $name is built: $target"
        return
    fi
    folder=${target%/*}
    mkdir -p "$folder"
    package=$(sed -n 's/^tool //p' "$tools/$name/go.mod")
    echo "peers: building $name ($package), once; this takes a minute or so …"
    # Built beside its place and then renamed: an interrupted or a second build never leaves half a binary.
    scratch=$(mktemp -d "$folder/.build.XXXXXX")
    # shellcheck disable=SC2064 # the folder of this build, as it is named now
    trap "rm -rf '$scratch'" EXIT
    (cd "$tools/$name" && CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags='-s -w' -o "$scratch/$name" "$package")
    mv -f "$scratch/$name" "$target"
    rm -rf "$scratch"
    trap - EXIT
    echo "peers: built $name in $((SECONDS - started)) s: $target"
}

main() {
    local name reason failed=0
    if [[ ${1:-} == --path ]]; then
        if [[ $# -ne 2 ]] || ! is_peer "$2"; then
            printf 'usage: %s --path NAME   where NAME is one of: %s\n' "${0##*/}" "$(peers | xargs)" >&2
            exit 2
        fi
        path_of "$2"
        return
    fi
    # shellcheck disable=SC2046 # one word per peer is meant: their names are folder names of ours
    [[ $# -gt 0 ]] || set -- $(peers)
    for name in "$@"; do
        is_peer "$name" || { echo "peers: there is no tools/$name with go.mod and go.sum" >&2; exit 2; }
    done
    for name in "$@"; do
        if [[ ! -x $(path_of "$name") ]]; then
            reason=$(why_not_go)
            if [[ -n $reason ]]; then
                {
                    echo "peers: ======================================================================"
                    echo "peers: SKIPPED $name: $reason. The tests that run against it will be skipped."
                    echo "peers: Install Go $oldest_go or newer, then run: make peers"
                    echo "peers: ======================================================================"
                } >&2
                failed=1
                continue
            fi
        fi
        build "$name"
    done
    [[ $failed -eq 0 || ${CI:-} != true ]]
}

main "$@"
