# shellcheck shell=sh
# Sourced by tests: tests/lib/http_server.py over the present folder.  Sets
# $port and $server; "get ARGUMENTS" runs chad-model fetch and prints what it
# says, with PORT for the port, and its status.

# Arguments: those of the server behind the log.
serve() {
	serve_by http_server.py "$@"
}

# $1: another server of this folder.
serve_by() {
	program=$TOP/tests/lib/$1
	shift
	rm -f port
	python3 "$program" . port log "$@" &
	server=$!
	trap 'kill "$server" 2> /dev/null' EXIT
	n=0
	while [ ! -s port ]; do
		sleep 0.1
		n=$((n + 1))
		if [ "$n" -gt 300 ] || ! kill -0 "$server" 2> /dev/null; then
			echo "the test's web server does not start" >&2
			exit 1
		fi
	done
	port=$(cat port)
	# No proxy between.
	no_proxy='*'
	export no_proxy
}

get() {
	status=0
	chad-model fetch "$@" > said 2>&1 || status=$?
	sed "s/:$port/:PORT/g; s|$PWD|HERE|g" said
	rm -f said
	echo "status $status"
}

# What became of each record of chad-fetch's output $1: its id and the error,
# or whose content it has ($2: a file, of which the rest are compared).
told() {
	python3 - "$1" "$2" <<-'END' | sed "s/:$port/:PORT/g; s|$PWD|HERE|g"
	import json, sys
	whole = open(sys.argv[2], "rb").read()
	for line in open(sys.argv[1]):
	    r = json.loads(line)
	    if "error" in r:
	        print(r["id"] + ":", r["error"])
	        continue
	    got = open(r["audio_filepath"], "rb").read()
	    print(r["id"] + ":", "whole" if got == whole else "reversed"
	          if got == whole[::-1] else "%d bytes" % len(got))
	END
}
