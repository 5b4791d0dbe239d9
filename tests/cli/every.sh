#!/bin/sh
# What holds for every command: help, version, unknown options and a full
# disk.  BIN is the folder of the commands; arguments choose some of them.
# Prints a line for each that fails; the last line counts.
set -u
LC_ALL=C; export LC_ALL
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
n_run=0 n_failed=0

# $1: what is wrong when the status before is not 0.
expect() {
	[ "$?" = 0 ] && return
	echo "FAIL $name: $1"
	ok=0
}

# Run the command: its status, output and messages go to $status, out, err.
try() {
	${RUN:-} "$tool" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	status=$?
}

check() {
	try --help
	[ "$status" = 0 ]; expect "--help ends with status $status"
	[ ! -s "$tmp/err" ]; expect "--help writes on standard error"
	head -n 1 "$tmp/out" | grep -q "^usage: $name "
	expect "--help begins with \"usage: $name\""
	! expand "$tmp/out" | grep -qE '^.{100}'
	expect "--help has lines of over 99 columns"

	try --version
	[ "$status" = 0 ] && grep -qx "$name [0-9][0-9.]*" "$tmp/out"
	expect "--version prints \"$name NUMBER\""

	try --no-such-option
	[ "$status" = 2 ]; expect "an unknown option ends with status $status"
	[ ! -s "$tmp/out" ]; expect "an unknown option gives output"
	[ "$(wc -l < "$tmp/err")" = 1 ] && grep -q "^$name: " "$tmp/err"
	expect "an unknown option gives one line \"$name: ...\""

	${RUN:-} "$tool" --help > /dev/full 2> "$tmp/err" < /dev/null
	[ $? = 2 ]; expect "--help on a full disk does not end with status 2"
	[ "$(wc -l < "$tmp/err")" = 1 ] && grep -q "No space" "$tmp/err"
	expect "--help on a full disk gives no message"
}

[ $# -gt 0 ] || set -- "$BIN"/chad-*
for tool in "$@"; do
	name=${tool##*/} ok=1
	n_run=$((n_run + 1))
	cd "$tmp" && check
	[ "$ok" = 1 ] || n_failed=$((n_failed + 1))
done
echo "$n_run commands, $n_failed failed"
echo "$((n_run - n_failed)) $n_failed 0" > "${TOTALS:-/dev/null}"
[ "$n_failed" = 0 ]
