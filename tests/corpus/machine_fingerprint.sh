#!/bin/sh
# Somebody looks at what the machine is made of. Not every machine has all of it.
set -eu
cat /proc/ioports /proc/iomem
cat /sys/class/dmi/id/product_name 2>&1 || true
