#!/bin/sh
# kill -9 at random moments while chad-store adds, merges and migrates: the
# catalogue is sound afterwards, holds all of what was begun or nothing of it,
# and the same command again ends as if nothing had happened.
#	store_kill.sh [KILLS [FRAGMENTS [SEED]]]
# BIN is the folder of the commands.
set -eu
n_kills=${1:-30} n=${2:-20000} seed=${3:-1}
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../../build/release/bin}
PATH=$BIN:$PATH; export PATH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

"$here/fragments.sh" "$n" > all.jsonl
head -n $((n / 2)) all.jsonl > half.jsonl
store() { chad-store --quiet --catalogue "$@"; }
store half.sqlite add half.jsonl
store all.sqlite add all.jsonl
store half.sqlite dump > half.dump
store all.sqlite dump > all.dump
# The same catalogue with the tables of version 2.
sqlite3 old.sqlite < "$here/../fixtures/catalogue/version-2.sql"
sqlite3 old.sqlite "ATTACH 'half.sqlite' AS half;
DELETE FROM reviews; DELETE FROM versions; DELETE FROM fragments;
DELETE FROM recordings; DELETE FROM works; DELETE FROM rounds;
DELETE FROM models; DELETE FROM blocks;
INSERT INTO works SELECT * FROM half.works;
INSERT INTO recordings SELECT * FROM half.recordings;
INSERT INTO fragments SELECT group_id, fragment_id, decision, agreement,
    tempo_ratio, transposition, round_key,
    json_set(extra, '\$.probability', probability) FROM half.fragments;
INSERT INTO versions SELECT * FROM half.versions"

# $1: the catalogue to begin with; $2: its dump; $3: the dump at the end; the
# rest: what is done.
attempt() {
	from=$1 before=$2 after=$3; shift 3
	cp "$from" c.sqlite
	start=$(date +%s%N)
	"$@"
	took=$(($(date +%s%N) - start))
	for i in $(seq "$n_kills"); do
		rm -f c.sqlite c.sqlite-wal c.sqlite-shm
		cp "$from" c.sqlite
		"$@" 2> /dev/null &
		pid=$!
		sleep "$(awk -v s="$seed" -v i="$i" -v t="$took" 'BEGIN {
		    srand(s * 1000 + i); printf "%.3f", rand() * t / 1e9 }')"
		kill -s KILL "$pid" 2> /dev/null || true
		wait "$pid" 2> /dev/null || n_hit=$((n_hit + 1))
		[ "$1 $4" = "chad-store init" ] || {
			store c.sqlite verify
			store c.sqlite dump > now.dump
			cmp -s now.dump "$before" || cmp now.dump "$after"
		}
		"$@"
		store c.sqlite verify
		store c.sqlite dump | cmp - "$after"
	done
}

n_hit=0
attempt half.sqlite half.dump all.dump \
    chad-store --quiet --catalogue=c.sqlite add all.jsonl
attempt half.sqlite half.dump all.dump \
    chad-store --quiet --catalogue=c.sqlite merge all.sqlite
attempt old.sqlite half.dump half.dump \
    chad-store --quiet --catalogue=c.sqlite init
echo "$((3 * n_kills)) runs killed, all sound and whole afterwards"
[ "$n_hit" -gt 0 ] || { echo "no kill came in time" >&2; exit 1; }
