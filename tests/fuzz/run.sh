#!/bin/sh
# Replay the stored inputs of every fuzz target.  Arguments: the programs.
# RUN is put before each (valgrind).  TOTALS names a file to which
# "passed failed skipped" is written.
set -u
here=$(cd "$(dirname "$0")" && pwd)
n_passed=0 n_failed=0
for program in "$@"; do
	target=${program##*/fuzz_}
	set -- "$here/corpus/$target"/*
	[ -e "$1" ] || { echo "FAIL $target: no inputs"; set --; }
	if [ $# -gt 0 ] && ${RUN:-} "$program" "$@" > /dev/null; then
		echo "fuzz $target: $# inputs replayed"
		n_passed=$((n_passed + 1))
	else
		echo "FAIL fuzz $target"
		n_failed=$((n_failed + 1))
	fi
done
[ -z "${TOTALS:-}" ] || echo "$n_passed $n_failed 0" > "$TOTALS"
[ "$n_failed" = 0 ]
