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

# cached NAME FILE...: the folder in the cache for what these files determine, and makes its parent.
cached() {
    local name=$1
    shift
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/scoutline
    mkdir -p "$cache"
    echo "$cache/$name-$(cat -- "$@" | sha256sum | cut -c1-16)"
}

# python_with REQUIREMENTS: prints the path of a Python that has these packages, and installs them first if it must.
python_with() {
    local folder staging
    folder=$(cached python "$1")
    if [[ ! -d $folder ]]; then
        # A virtual environment cannot be moved, so it is made in place and marked whole by its name alone.
        staging=$folder.staging
        rm -rf -- "$staging"
        python3 -m venv "$staging" >&2
        "$staging/bin/python" -m pip install --quiet --require-hashes --requirement "$1" >&2
        ln -sfT "$staging" "$folder"
    fi
    echo "$folder/bin/python"
}

# node_modules_of FOLDER: prints the path of a folder with the packages of its package-lock.json.
node_modules_of() {
    local folder staging
    folder=$(cached node "$1/package-lock.json")
    if [[ ! -d $folder ]]; then
        staging=$(mktemp -d "$folder.XXXXXX")
        cp -- "$1/package.json" "$1/package-lock.json" "$staging/"
        npm ci --silent --ignore-scripts --prefix "$staging" >&2
        mv -T -- "$staging" "$folder"
    fi
    echo "$folder"
}
