#!/bin/sh
# Print the share of lines that tests ran, for each source file and in all.
# $1: the folder that was built with --coverage.
set -u
cd "$1" || exit 2
find . -name '*.gcda' ! -path './tests/*' | sort |
    while read -r data; do
	gcov -n "$data" 2> /dev/null
done | awk -F"'" '
/^File/ { file = $2 }
/^Lines executed/ && file ~ /^[a-z]+\/.*\.c$/ {
	split($0, part, "[:%]"); n = $0; sub(/.* of /, "", n)
	printf "%6.1f%% of %4d  %s\n", part[2], n, file
	hit += part[2] * n / 100; all += n; file = ""
}
END { if (all > 0) printf "%6.1f%% of %d lines\n", 100 * hit / all, all }'
