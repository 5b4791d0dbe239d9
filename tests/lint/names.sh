#!/bin/sh
# Check that the name of a source file is unique in the tree, that what an
# object exports starts with the name of its file, that there are no typedefs
# of structs, and that files, functions and lines keep their size.
set -u
status=0

sources() {
	find . -path ./build -prune -o \( -name '*.[ch]' -o -name '*.cc' \) -print | sed 's|^\./||'
}

twice=$(sources | grep -v '^tests/' | sed 's|.*/||' | sort | uniq -d)
if [ -n "$twice" ]; then
	echo "names of more than one file: $twice" >&2
	status=1
fi

for f in $(sources); do
	n_lines=$(wc -l < "$f")
	if [ "$n_lines" -gt 600 ]; then
		echo "$f: $n_lines lines; split it" >&2
		status=1
	fi
	# Tabs count as 8 columns.
	if expand "$f" | grep -nE '^.{81}' > /dev/null; then
		echo "$f: line $(expand "$f" | grep -nE '^.{81}' | head -n 1 |
		    cut -d: -f1) is over 80 columns" >&2
		status=1
	fi
	if grep -nE '[[:space:]]+$' "$f"; then
		echo "$f: white space at the end of a line" >&2
		status=1
	fi
	if grep -nE '^[[:space:]]*typedef[[:space:]]+struct' "$f"; then
		echo "$f: structs have no typedef" >&2
		status=1
	fi
	awk -v f="$f" '/^\{/ { start = NR }
	    /^\}/ && start { if (NR - start - 1 > 70) { bad = 1
		print f ": the function that ends in line " NR " has " \
		    NR - start - 1 " lines" }; start = 0 }
	    END { exit bad }' "$f" >&2 || status=1
	if grep -nE '^#[[:space:]]*if[[:space:]]+0' "$f"; then
		echo "$f: dead code" >&2
		status=1
	fi
done
exit $status
