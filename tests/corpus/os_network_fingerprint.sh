#!/bin/sh
# Somebody looks at routes, neighbours and switches of the network.
set -eu
cat /proc/net/route /proc/net/arp
cat /proc/sys/net/ipv4/ip_forward
