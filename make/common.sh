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

# kept NAME MAKE FILE...: prints the path of a folder of the cache that MAKE fills, once for what these files say; MAKE gets it
# as its argument. One at a time: whoever waited finds the other's result, and what was not finished is made anew.
kept() {
    local name=$1 make=$2 cache=${XDG_CACHE_HOME:-$HOME/.cache}/scoutline made lock
    shift 2
    mkdir -p "$cache"
    made=$cache/$name-$(cat -- "$@" | sha256sum | cut -c1-16)
    exec {lock}>"$cache/$name.lock"
    flock "$lock"
    if [[ ! -e $made/finished ]]; then
        rm -rf -- "$made"
        mkdir -p "$made"
        echo "${0##*/}: making $name, once" >&2
        # A command substitution goes on after an error, so it has to be said.
        "$make" "$made" >&2 || fail "could not make $name"
        touch "$made/finished"
    fi
    exec {lock}>&-
    echo "$made"
}

# python_with FOLDER: prints the path of a Python that has the packages of its requirements.txt.
python_with() {
    local kept
    requirements=$1/requirements.txt
    kept=$(kept "python-$(basename "$1")" with_requirements "$requirements") || exit
    echo "$kept/bin/python"
}

with_requirements() {
    python3 -m venv "$1" &&
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$requirements"
}

# packages_of FOLDER: prints the path of a folder with the node_modules of its package-lock.json. Nothing that a package
# brings is run meanwhile.
packages_of() {
    packages=$1
    kept "node-$(basename "$1")" with_packages "$1/package.json" "$1/package-lock.json"
}

with_packages() {
    cp -- "$packages/package.json" "$packages/package-lock.json" "$1/" &&
        npm ci --prefix "$1" --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel=error
}
