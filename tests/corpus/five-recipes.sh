#!/bin/sh
# What each recipe looks for, once or twice.
set -eu
cat /proc/sys/net/ipv4/ip_forward
head -c1 /proc/version
head -c1 /proc/version
cat /proc/ioports
tcpdump --version
nmap --version
