# shellcheck shell=bash
# Sourced by the scripts beside it, and runs nothing by itself.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root

# Nothing at all for root, else what makes a command run as root. An array, so that "${as_root[@]}" may be empty.
as_root=()
if ((EUID != 0)); then
    # shellcheck disable=SC2034 # read by the scripts that source this
    as_root=(sudo)
fi

# fail MESSAGE: says it under the script's own name and ends the script.
fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# run_tests_as_root: from now on cargo runs what it has built under sudo, if somebody else than root calls it.
run_tests_as_root() {
    ((EUID != 0)) || return 0
    local host
    host=$(rustc --version --verbose | sed -n 's/^host: //p')
    host=${host//-/_}
    export "CARGO_TARGET_${host^^}_RUNNER=sudo --preserve-env"
}

# older_than HAVE WANT: whether the version HAVE comes before WANT.
older_than() {
    [[ $1 != "$2" && $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1) == "$1" ]]
}
