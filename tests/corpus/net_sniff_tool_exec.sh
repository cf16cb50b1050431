#!/bin/sh
# A sniffer that captures a packet that it waits for, into a file.
set -eu
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
mkfifo "$folder/said"
timeout 10 tcpdump -i lo -n -c 1 -w "$folder/capture.pcap" 2>"$folder/said" &
exec 3<"$folder/said"
while read -r line <&3; do
    case $line in *listening*) break ;; esac
done
nmap -n -Pn -sT -p 9 127.0.0.1
wait "$!"
