#!/bin/sh
# Check the shell scripts with shellcheck, where it is installed.
set -u
command -v shellcheck > /dev/null || exit 0
# SC3043, local, is in no script; the rest of the warnings count.
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck -S warning
