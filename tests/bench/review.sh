#!/bin/sh
# The traffic of 200 annotators against chad-review on one core: how long
# answers take; and whether a verdict is lost or doubled when it is killed.
#
# BIN is the folder of the commands, OUT that of "make check-web", whose corpus
# is made when it is not there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
OUT=${OUT:-$root/build/web}
PATH=$BIN:$PATH; export PATH
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 $server 2> /dev/null || :; rm -rf "$tmp"' EXIT

if [ ! -e "$OUT/corpus/done" ]; then
	rm -rf "$OUT/corpus"
	"$root/tests/web/lib/corpus.sh" "$OUT/corpus"
	: > "$OUT/corpus/done"
fi
cd "$OUT/corpus"
cp chad.sqlite "$tmp/c.sqlite"
review() {
	chad-review --quiet --catalogue "$tmp/c.sqlite" --cache cache \
	    --origin http://localhost --people-per-item 100 "$@"
}
review prepare
i=0
while [ $i -lt 200 ]; do
	review invite "person $i"
	i=$((i + 1))
done | sed 's,.*/enter/,,' > "$tmp/tokens"

# Start it on one core; $port is free.
start() {
	taskset -c 0 "$BIN/chad-review" --quiet --catalogue "$tmp/c.sqlite" \
	    --cache cache --origin http://localhost --people-per-item 100 \
	    --threads 2 --port "$port" &
	server=$!
	until curl -s -o "$tmp/alive" -H 'Host: localhost' \
	    "http://127.0.0.1:$port/healthz"; do
		kill -0 $server
		sleep 0.1
	done
}
port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

start
for pace in 10 5; do
	echo "an item every $pace s by each of 200 annotators:"
	"$here/review_load.py" --pace $pace --seconds "${SECONDS_EACH:-20}" \
	    --accepted "$tmp/accepted.$pace" "$port" "$tmp/tokens"
done
echo "killed while 200 judge:"
"$here/review_load.py" --pace 5 --seconds 12 --accepted "$tmp/accepted.killed" \
    "$port" "$tmp/tokens" > "$tmp/load" 2>&1 & load=$!
sleep 8
kill -9 $server
wait $load || :
wait $server 2> "$tmp/alive" || :
server=
review log | sed -n 's/.*"what":"verdict".*"request_id":"\([^"]*\)".*/\1/p' |
    sort > "$tmp/kept"
sort "$tmp"/accepted.* > "$tmp/accepted"
lost=$(comm -23 "$tmp/accepted" "$tmp/kept" | wc -l)
doubled=$(uniq -d "$tmp/kept" | wc -l)
echo "$(wc -l < "$tmp/accepted") verdicts accepted, $lost lost, $doubled doubled"
[ "$lost" = 0 ] && [ "$doubled" = 0 ]
