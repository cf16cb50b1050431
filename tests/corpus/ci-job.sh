#!/bin/sh
# A job of GitHub Actions that builds, tests, and has a dependency whose install script looks around.
set -eu
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cat >"$folder/install" <<'END'
cat /proc/version /proc/modules >/dev/null
cat /proc/net/route >/dev/null
cat /proc/ioports >/dev/null
END
cat >"$folder/job" <<'END'
printf 'int main(void) { return 0; }\n' >main.c
gcc -o shop main.c
./shop
sh ./install
nmap -n -Pn -sT -p 80 127.0.0.1
END
cd "$folder"
# A shell of its own, so that the job's variables are in the environment that it began with.
env CI=true GITHUB_ACTIONS=true GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=example/shop \
    GITHUB_RUN_ID=4711 GITHUB_WORKFLOW=release GITHUB_JOB=test GITHUB_REF_NAME=main \
    GITHUB_SHA=0f1e2d3c4b5a69788796a5b4c3d2e1f001122334 \
    setsid --wait sh -e ./job
