#!/bin/sh
# Check that every command has a manual page that mandoc finds in order.
set -u
status=0
for f in cmd/chad-*.c; do
	[ -e "$f" ] || continue
	page=${f%.c}.1
	if [ ! -e "$page" ]; then
		echo "$f: no manual page $page" >&2
		status=1
	elif ! mandoc -T lint -W warning "$page" >&2; then
		status=1
	fi
	[ -e "$page" ] || continue
	# Every option of the table is in the page, as it is shown.
	for option in $(sed -n -e '/CLI_LETTER/d' \
	    -e 's/.*{ CLI_[A-Z0-9]*, "\([a-z0-9-]*\)".*/\1/p' "$f"); do
		mandoc -T ascii "$page" | sed "s/.$(printf '\b')//g" |
		    grep -qE -- "--(no-)?$option([^a-z0-9-]|\$)" ||
		    { echo "$page: says nothing of --$option" >&2; status=1; }
	done
done
exit $status
