#!/usr/bin/env bash
# A break-in as Scoutline should see it, for a few seconds: somebody logs in, pipes a script from elsewhere into a shell,
# and that looks around, scans and sniffs. Nothing leaves this machine and nothing is changed on it. Needs root, to sniff.
# Prints the pid of the login shell. An argument stops it halfway until that file is there.
set -euo pipefail
# Debian keeps tcpdump out of an ordinary PATH.
PATH=$PATH:/usr/sbin:/sbin

for tool in curl nmap setsid tcpdump timeout; do
    command -v "$tool" >/dev/null || { echo "break-in.sh: no $tool" >&2; exit 1; }
done
# A home of its own: what somebody's shell does at login is no part of this.
HOME=$(mktemp -d)
export HOME
trap 'rm -rf -- "$HOME"' EXIT

cat >"$HOME/payload" <<'END'
# What an intruder wants to know first. Not every machine has all of it.
read -r _ </proc/version
for file in /proc/version /proc/cmdline /etc/os-release /etc/debian_version \
    /proc/net/route /proc/net/tcp /proc/sys/net/ipv4/ip_forward \
    /sys/class/dmi/id/product_name /proc/ioports; do
    cat "$file" >/dev/null 2>&1
done
[ -z "$pause" ] || { touch "$pause.reached"; until [ -e "$pause" ]; do sleep 0.1; done; }
# Who else is here? The scan's own probes are what the sniffer waits for.
mkfifo "$HOME/sniffer"
timeout 10 tcpdump -i lo -n -c 1 -w /dev/null 2>"$HOME/sniffer" &
exec 3<"$HOME/sniffer"
while read -r line <&3; do
    case $line in *listening*) break ;; esac
done
nmap -n -Pn -sT -p 22,80,443 127.0.0.1 >/dev/null
wait "$!"
END

# shellcheck disable=SC2016 # these are the login shell's own
pause=${1-} sh "$(dirname "$0")/../login.sh" \
    bash --login -c 'set -o pipefail; echo "$$"; curl -fsS "file://$HOME/payload" | sh'
