#!/bin/sh
# A scanner that asks this machine for three of its ports.
set -eu
nmap -n -Pn -sT -p 22,80,443 127.0.0.1
