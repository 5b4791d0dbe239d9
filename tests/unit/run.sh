#!/bin/sh
# Run unit test programs and count their tests.  Arguments: the programs.
# RUN is put before each (valgrind).  TOTALS names a file to which
# "passed failed skipped" is written.
# A program's output is shown when a test failed, and its lines that begin
# with "skipped:" always.
set -u
tmp=$(mktemp) || exit 2
trap 'rm -f "$tmp"' EXIT
n_passed=0 n_failed=0 n_skipped=0

# Lines of cmocka: [       OK ] name, [  FAILED  ] name, [  SKIPPED ] name
count() {
	grep -c "^\[ *$1 *\] [a-zA-Z0-9_]*\$" "$tmp"
}

for program in "$@"; do
	begun=$(date +%s)
	# What hangs fails, after LIMIT seconds.
	timeout -k 9 "${LIMIT:-900}" ${RUN:-} "$program" > "$tmp" 2>&1 < /dev/null
	status=$?
	ok=$(count OK) bad=$(count FAILED) skip=$(count SKIPPED)
	# cmocka names those that failed and were skipped a second time.
	bad=$((bad - bad / 2)) skip=$((skip - skip / 2))
	[ "$status" = 0 ] || [ "$bad" -gt 0 ] || bad=1
	[ $((ok + bad + skip)) -gt 0 ] || bad=1
	echo "${program##*/}: $ok passed, $bad failed, $skip skipped" \
	    "($(($(date +%s) - begun)) s)"
	if [ "$bad" -gt 0 ]; then
		cat "$tmp"
		echo "FAIL ${program##*/}: exit status $status"
	else
		grep '^skipped:' "$tmp"
	fi
	n_passed=$((n_passed + ok))
	n_failed=$((n_failed + bad))
	n_skipped=$((n_skipped + skip))
done
[ -z "${TOTALS:-}" ] || echo "$n_passed $n_failed $n_skipped" > "$TOTALS"
[ "$n_failed" = 0 ]
