#!/bin/sh
# The traffic of 200 annotators against the web server alone, on one core, as
# they come and five times as much.  REVIEW_SPEED is the program.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/review.XXXXXX") || exit 2
mkfifo "$tmp/stop" || exit 2
taskset -c 0 "$REVIEW_SPEED" < "$tmp/stop" > "$tmp/port" &
server=$!
exec 3> "$tmp/stop"
trap 'exec 3>&-; wait; rm -rf "$tmp"' EXIT
n=0
until [ -s "$tmp/port" ]; do
	sleep 0.1
	n=$((n + 1))
	[ "$n" -lt 100 ] || { echo "the web server does not start" >&2; exit 1; }
done
status=0
for pace in 5 1; do
	echo "an item every $pace s by each of 200:"
	"$here/review_load.py" --pace "$pace" --seconds "${SECONDS_EACH:-20}" \
	    "$(cat "$tmp/port")" || status=1
done
awk -v hz="$(getconf CLK_TCK)" '{ print "the server took " \
    ($14 + $15) / hz " s of the processor for all of it" }' "/proc/$server/stat"
exit $status
