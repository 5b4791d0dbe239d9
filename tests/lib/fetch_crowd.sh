#!/bin/sh
# Many files from nginx and from the server with faults, with kills on the way:
# all arrive whole or are classified, none is corrupt, none is there twice.
#
# fetch_crowd.sh N N_KILLS: N files, a fifth of them with faults, in the present
# folder, which gets a server's files, a manifest and the results.  Prints what
# became of them.  BIN is the folder of the commands.
set -u
n_files=$1 n_kills=$2
. "$TOP/tests/lib/serve.sh"
. "$TOP/tests/lib/nginx.sh"

serve
with_faults=http://127.0.0.1:$port
start_nginx files

python3 - "$n_files" "http://127.0.0.1:$nginx_port" "$with_faults" <<'END'
import hashlib, json, os, random, sys
n, good, bad = int(sys.argv[1]), sys.argv[2], sys.argv[3]
faults = ("cut reset stall slow norange wrongrange once500 throttle change "
          "status404 status403 huge page busy loop short noetag").split()
r = random.Random(1)
os.makedirs("files", exist_ok=True)
with open("in", "w") as out:
    for i in range(n):
        name = "%d.wav" % i
        body = r.randbytes(r.choice([0, 1, 1000, 20000, 300000]))
        with open("files/" + name, "wb") as f:
            f.write(body)
        how = faults[i // 5 % len(faults)]
        url = "%s/%s" % (good, name) if i % 5 else \
            "%s/%s/files/%s" % (bad, how, name)
        record = {"id": name, "url": url, "how": how if i % 5 == 0 else "ok"}
        if i % 3 == 0 and how != "change":
            record["sha256"] = hashlib.sha256(body).hexdigest()
        out.write(json.dumps(record) + "\n")
END

# In place of the shell that it is called in, which may then be killed.
fetch() {
	exec "$BIN/chad-fetch" --quiet --parallel 16 --max-per-host 16 \
	    --timeout 1 --backoff 0.05 --tries 3 --max-bytes 1000000 "$@" in \
	    > out 2> said
}
i=0
while [ "$i" -lt "$n_kills" ]; do
	fetch --rate 1000000 &
	pid=$!
	# A moment by chance.
	sleep "$(python3 -c 'import random; print(random.uniform(0.1, 1.5))')"
	kill -9 "$pid" 2> /dev/null
	wait "$pid" 2> /dev/null
	[ $? = 137 ] || echo "ended before it was killed" >&2
	i=$((i + 1))
done
(fetch)
echo "status $?"

python3 - <<'END'
import collections, hashlib, json, os
want = [json.loads(line) for line in open("in")]
got = [json.loads(line) for line in open("out")]
assert [r["id"] for r in want] == [r["id"] for r in got], "order"
told = collections.Counter()
paths = set()
for w, g in zip(want, got):
    how = w["how"]
    body = open("files/" + w["id"], "rb").read()
    if "error" in g:
        told["%s: %s" % (how, g["error"].split(": ")[1])] += 1
        assert how != "ok", g["error"]
        continue
    path = g["fetch"]["path"]
    assert path not in paths, "twice"
    paths.add(path)
    is_body = open(path, "rb").read()
    assert hashlib.sha256(is_body).hexdigest() == g["fetch"]["sha256"]
    # "short" lies about the length, which only a hash can tell.
    assert is_body == body or (how == "change" and is_body == body[::-1]) or \
        (how == "short" and "sha256" not in w), (how, w["id"])
    told["%s: whole" % how] += 1
there = {os.path.join(d, f) for d, _, names in os.walk("chad-work")
         for f in names if f.endswith(".wav")}
assert there == paths, "files that no record has"
for name in sorted(told):
    print(name)
END
echo "checked $?"
# No server's answer was asked for again once it was whole.
"$BIN/chad-fetch" --quiet --timeout 1 --tries 1 --backoff 0.05 \
    --parallel 16 --max-per-host 16 --max-bytes 1000000 in > again 2> /dev/null
python3 - <<'END'
import json
for a, b in zip(open("out"), open("again")):
    a, b = json.loads(a), json.loads(b)
    assert "error" in a or a["fetch"] == b["fetch"]
END
echo "the same again: $?"
