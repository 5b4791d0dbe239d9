#!/bin/sh
# chad-fetch beside "curl --parallel": files a second and bytes a second from
# one nginx on this machine, the same number of transfers at a time, without
# faults; medians of N_ROUNDS (default 7) taken in turns.  BIN is the folder of
# the commands, PARALLEL the number of transfers (default 8).
# With --crowd: 1000 files, a fifth of them with faults, killed ten times.
set -u
here=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$here/../.." && pwd)
export TOP
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fetch.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
export no_proxy='*'

if [ "${1:-}" = --crowd ]; then
	"$TOP/tests/lib/fetch_crowd.sh" 1000 10
	exit
fi

. "$TOP/tests/lib/nginx.sh"
server=
start_nginx files
trap 'kill "$nginx_pid" 2> /dev/null; rm -rf "$tmp"' EXIT
parallel=${PARALLEL:-8}

# $1: name; $2: files; $3: bytes of each.
compare() {
	python3 - "$@" "http://127.0.0.1:$nginx_port" "$parallel" \
	    "${N_ROUNDS:-7}" "$BIN/chad-fetch" <<-'END'
	import glob, json, os, resource, statistics, subprocess
	import sys, tempfile, time
	what, n, n_bytes, web, parallel, n_rounds, program = sys.argv[1:]
	n, n_bytes = int(n), int(n_bytes)
	block = os.urandom(min(n_bytes, 1 << 20))
	with open("in", "w") as manifest, open("curl", "w") as config:
	    for i in range(n):
	        name = "%s-%d.wav" % (what, i)
	        with open("files/" + name, "wb") as f:
	            for at in range(0, n_bytes, len(block)):
	                f.write(block[:n_bytes - at])
	        url = "%s/%s" % (web, name)
	        manifest.write(json.dumps({"id": name, "url": url}) + "\n")
	        config.write('url="%s"\noutput="%s"\n' % (url, name))
	
	def processor_sec():
	    used = resource.getrusage(resource.RUSAGE_CHILDREN)
	    return used.ru_utime + used.ru_stime
	
	def run(argv):
	    folder = tempfile.mkdtemp(dir=".")
	    os.sync()
	    start, used = time.monotonic(), processor_sec()
	    subprocess.run(argv, check=True, stdout=open("out", "w"),
	                   stderr=subprocess.DEVNULL, cwd=folder)
	    took = time.monotonic() - start, processor_sec() - used
	    # Nothing is removed before the end: some file systems are slow to
	    # make files where others have just been.
	    for path in glob.glob(folder + "/**", recursive=True):
	        if os.path.isfile(path):
	            os.truncate(path, 0)
	    return took
	
	def median(runs, i):
	    # The first of each warms the caches.
	    return statistics.median(run[i] for run in runs[1:])
	
	ours, theirs = [], []
	for i in range(int(n_rounds) + 1):
	    theirs.append(run(["curl", "--no-progress-meter", "--parallel",
	                       "--parallel-max", parallel, "--config",
	                       "../curl"]))
	    ours.append(run([program, "--parallel", parallel, "--max-per-host",
	                     parallel, "../in"]))
	    assert sum('"sha256"' in line for line in open("out")) == n
	t, o = median(theirs, 0), median(ours, 0)
	print("%-6s %5d files of %9d bytes: curl %6.3f s (processor %6.3f), "
	      "chad-fetch %6.3f s (%6.3f), %7.1f files/s, %7.1f MB/s, "
	      "ratio %.2f" % (
	          what, n, n_bytes, t, median(theirs, 1), o, median(ours, 1),
	          n / o, n * n_bytes / o / 1e6, t / o), flush=True)
	END
	find files -type f -exec truncate -s 0 {} +
}

compare small 800 20000
compare song 60 4000000
compare large 4 60000000
