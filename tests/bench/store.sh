#!/bin/sh
# chad-store beside Python's sqlite3: adding N fragments to a new catalogue, and
# what is asked for often.  Python puts the same lines, parsed, into one table
# with one index, in one transaction: what one would write instead.
#	store.sh [N]
# BIN is the folder of the commands.  Seconds of the clock, and of processors.
set -eu
n=${1:-1000000}
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../../build/release/bin}
PATH=$BIN:$PATH; export PATH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

cat > insert.py << 'END'
import json, sqlite3
db = sqlite3.connect("python.sqlite")
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
db.execute("CREATE TABLE f (g, f, c, o, a, b, d, e, cor, p, decision, extra,"
    " PRIMARY KEY (g, f)) WITHOUT ROWID")
db.execute("CREATE INDEX by_decision ON f (decision)")
def rows():
    for line in open("all.jsonl"):
        r = json.loads(line)
        yield (r.pop("group_id"), r.pop("fragment_id"), r.pop("id"),
            r.pop("original_id"), *r.pop("interval"),
            *r.pop("original_interval"), r.pop("correlation"),
            r.pop("probability"), r.pop("decision"), json.dumps(r))
db.executemany("INSERT INTO f VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows())
db.commit()
END

"$here/fragments.sh" "$n" > all.jsonl
cat all.jsonl > /dev/null
timed() {
	name=$1; shift
	python3 - "$name" "$@" << 'END'
import resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL)
took = time.monotonic() - start
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%-44s %9.3f s %9.3f s" % (sys.argv[1], took,
    use.ru_utime + use.ru_stime))
END
}
printf '%-44s %11s %11s\n' "$n fragments" clock processors
timed "add" chad-store --quiet --catalogue c.sqlite add all.jsonl
timed "Python's executemany" python3 insert.py
ask() { timed "$1" chad-store --quiet --catalogue c.sqlite $1; }
ask "query counts"
ask "query fragments --group w000003"
ask "query fragments --decision flag --limit 100"
ask "query fragments --min-probability 0.9999"
ask "query recordings --id c000003-1"
ask "query recordings --group w000003"
ask "history w000000 000000000000"
