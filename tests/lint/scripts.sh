#!/bin/sh
# Check the shell scripts with shellcheck, where it is installed.
set -u
command -v shellcheck > /dev/null || exit 0
find tests .ci \( -name '*.sh' -o -path '.ci/*' \) -type f \
    -exec shellcheck -S warning -e SC2119,SC2120,SC2148 {} +
