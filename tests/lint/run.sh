#!/bin/sh
# Run the checks of this folder, each a script.  TOTALS names a file to which
# "passed failed skipped" is written.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 2
n_passed=0 n_failed=0
for check in "$here"/*.sh; do
	[ "$check" != "$here/run.sh" ] || continue
	if "$check"; then
		n_passed=$((n_passed + 1))
	else
		echo "FAIL lint ${check##*/}"
		n_failed=$((n_failed + 1))
	fi
done
echo "lint: $n_passed checks passed, $n_failed failed"
[ -z "${TOTALS:-}" ] || echo "$n_passed $n_failed 0" > "$TOTALS"
[ "$n_failed" = 0 ]
