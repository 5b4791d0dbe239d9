#!/bin/sh
# Refuse calls that are easy to get wrong, and library code that prints or
# exits.  A line that must stay carries the words "lint: allow".
set -u
status=0

# $1: why; $2: extended regular expression; the rest: folders.
ban() {
	why=$1 re=$2; shift 2
	if find "$@" \( -name '*.[ch]' -o -name '*.cc' \) -exec \
	    grep -nE "(^|[^a-zA-Z0-9_.>\"])($re)[ ]*\(" {} + |
	    grep -vE 'lint: allow|^[^:]*:[0-9]+:[[:space:]]*(\*|/\*)'; then
		echo "banned: $why" >&2
		status=1
	fi
}

folders=
for d in cmd manifests audio dsp nn ann store synth draw fetch separate pitch \
    embed align mine formats exchange review; do
	[ ! -d "$d" ] || folders="$folders $d"
done
libraries=$(echo "$folders" | sed 's/\<cmd\>//')
base=base

# The lists are meant to be split into words.
# shellcheck disable=SC2086
{
	ban "unbounded or unchecked text" \
	    'strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof' \
	    $base $folders
	ban "hidden seed: use base/random.h" \
	    'rand|srand|random|srandom|drand48|lrand48' $base $folders
	ban "shell: use base/spawn.h" 'system|popen' $base $folders
	ban "clock in a result: results depend on input alone" \
	    'time|gettimeofday|localtime|gmtime' $base $libraries
	ban "libraries do not print or end the process" \
	    'exit|_exit|abort|printf|puts|putchar|perror' $libraries
	ban "leftover of a debugging session" 'fprintf[ ]*\(stderr' $libraries
	ban "no memory on the stack of a size from outside" \
	    'alloca|strdupa' $base $folders
	ban "memory comes from base/memory.h or an arena" \
	    'malloc|realloc' $folders
}
exit $status
