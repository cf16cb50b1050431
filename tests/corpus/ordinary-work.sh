#!/usr/bin/env bash
# ordinary-work.sh [MINUTES]: what people and timers do on a host that is well, at their pace: editing, building, testing,
# looking at files and processes, packing, package queries, rotation of logs. None of it is reconnaissance. Nothing leaves
# this machine and nothing is changed on it but a folder that is removed in the end. In eight minutes everything comes
# twice; an hour is more of the same.
set -euo pipefail
minutes=${1:-8}

home=$(mktemp -d)
export HOME=$home
trap 'rm -rf -- "$home"' EXIT
cd "$home"

git init --quiet shop
cd shop
git config user.email dev@shop.example
git config user.name 'A developer'
cat >main.c <<'END'
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    long total = 0;
    for (int i = 1; i < argc; i++) total += strtol(argv[i], NULL, 10);
    return printf("%ld\n", total) < 0;
}
END
printf 'shop: main.c\n\tgcc -O1 -o $@ $<\n\ntest: shop\n\t./shop 1 2 | grep -qx 3\n' >Makefile

edit() {
    sed -i "s|^#include <stdio.h>.*|#include <stdio.h> // $1|" main.c
    git add --all
    git commit --quiet --message "Change $1"
}
build() { make --silent test; }
look_at_code() {
    git status --short
    git log --oneline | sed -n 1,3p
    git show --stat
    grep -rn main --include='*.c' .
    find . -name '*.c' -newer Makefile | wc -l
}
look_at_host() {
    ls -la /var/log
    ps aux | sort -rnk 3 | sed -n 1,3p
    df -h /
    free -m
    uptime
    id
    date
    top -b -n 1 | sed -n 1,5p
}
script_something() {
    python3 -c 'import json, sys; print(len(json.dumps({"a": list(range(1000))})))'
    perl -e 'print "ok\n"'
    awk 'BEGIN { print 6 * 7 }'
}
pack() {
    tar -czf ../shop.tar.gz .
    sha256sum ../shop.tar.gz
    tar -tzf ../shop.tar.gz | wc -l
}
packages() {
    dpkg-query --show bash
    apt-cache policy bash | sed -n 1,3p
    dpkg --list | wc -l
}
rotate() {
    seq 1000 >../app.log
    gzip -f ../app.log
    find .. -name '*.gz' -mtime +7 -delete
    # What timers do most: run a shell that finds nothing to do.
    sh -c 'test ! -e /nonexistent || echo work'
}

end=$((SECONDS + minutes * 60))
for ((round = 0; SECONDS < end; round++)); do
    {
        edit "$round"
        build
        look_at_code
        case $((round % 6)) in
            0) look_at_host ;;
            1) script_something ;;
            2) pack ;;
            3) packages ;;
            4) rotate ;;
            5) cat main.c Makefile ;;
        esac
    } >/dev/null
    # A person thinks meanwhile.
    sleep 30
done
