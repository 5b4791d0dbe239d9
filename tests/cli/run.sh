#!/bin/sh
# Run every case tests/cli/<command>/<case>/ and compare with what it expects.
#   cmd     the shell line to run, in a fresh folder
#   in      standard input           (absent: empty)
#   out     expected standard output (absent: empty)
#   err     expected standard error  (absent: not compared)
#   status  expected exit status     (absent: 0)
# A case that cannot run here ends with status 77 and says why: skipped.
# In cmd, $CASE is the folder of the case and $TOP that of the project.
# BIN is the folder of the commands; RUN is put before each one (valgrind).
# GOLDEN=1 rewrites out, err and status instead of comparing.
# Arguments choose commands or cases: run.sh chad-manifest chad-f0/help
# TOTALS names a file to which "passed failed skipped" is written.
set -u
here=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$here/../.." && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
LC_ALL=C; TZ=UTC; export LC_ALL TZ TOP
unset CHAD_WORK

# Put each command behind a small script, so that $RUN can stand before it.
mkdir "$tmp/bin"
for tool in "$BIN"/chad-*; do
	printf '#!/bin/sh\nexec %s %s "$@"\n' "${RUN:-}" "$tool" \
	    > "$tmp/bin/${tool##*/}"
	chmod +x "$tmp/bin/${tool##*/}"
done
PATH=$tmp/bin:$PATH; export PATH

n_run=0 n_failed=0 n_skipped=0

# Write what came out as what is expected.
rewrite() {
	rm -f "$dir/status"
	[ "$status" = 0 ] || echo "$status" > "$dir/status"
	if [ -s "$tmp/out" ]; then
		cp "$tmp/out" "$dir/out"
	else
		rm -f "$dir/out"
	fi
	[ ! -e "$dir/err" ] || cp "$tmp/err" "$dir/err"
}

compare() {
	ok=1 want=0 out=/dev/null
	[ ! -e "$dir/status" ] || want=$(cat "$dir/status")
	[ ! -e "$dir/out" ] || out=$dir/out
	[ "$status" = "$want" ] ||
	    { echo "status $status, expected $want"; ok=0; }
	diff -u "$out" "$tmp/out" || ok=0
	[ ! -e "$dir/err" ] || diff -u "$dir/err" "$tmp/err" || ok=0
	[ "$ok" = 1 ] && return
	echo "FAIL $name"
	cat "$tmp/err"
	n_failed=$((n_failed + 1))
}

run_case() {
	dir=$1 name=${1#"$here"/}
	n_run=$((n_run + 1)); work=$tmp/$n_run; mkdir "$work"
	in=/dev/null; [ -e "$dir/in" ] && in=$dir/in
	(cd "$work" && CASE=$dir timeout -k 9 "${LIMIT:-900}" sh "$dir/cmd" < "$in" > "$tmp/out" \
	    2> "$tmp/err")
	status=$?
	rm -rf "$work"
	if [ "$status" = 77 ]; then
		echo "skipped: $name: $(head -n 1 "$tmp/err")"
		n_skipped=$((n_skipped + 1))
	elif [ "${GOLDEN:-0}" = 1 ]; then
		rewrite
	else
		compare
	fi
}

[ $# -gt 0 ] || set -- .
for chosen in "$@"; do
	for cmd in "$here/$chosen"/cmd "$here/$chosen"/*/cmd \
	    "$here/$chosen"/*/*/cmd; do
		[ -e "$cmd" ] || continue
		dir=${cmd%/cmd}
		run_case "$(cd "$dir" && pwd)"
	done
done
n_passed=$((n_run - n_failed - n_skipped))
echo "$n_run command-line cases, $n_failed failed, $n_skipped skipped"
[ -z "${TOTALS:-}" ] || echo "$n_passed $n_failed $n_skipped" > "$TOTALS"
[ "$n_failed" = 0 ]
