#!/bin/sh
# Runs a command as a login of its own, as PAM makes one: nothing that it does is put together with what others do. Only
# root can, and the command keeps this process's number.
echo 0 >/proc/self/loginuid && exec setsid "$@"
