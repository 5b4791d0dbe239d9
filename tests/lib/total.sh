#!/bin/sh
# Add up the files of totals in the folder $1 and print one line of summary.
# Fails when a test failed or a part has left no totals.
set -u
n_passed=0 n_failed=0 n_skipped=0 status=0
for part in unit fuzz cli every lint; do
	if [ ! -e "$1/$part" ]; then
		echo "the $part tests did not run to their end"
		status=1
		continue
	fi
	read -r passed failed skipped < "$1/$part"
	n_passed=$((n_passed + passed))
	n_failed=$((n_failed + failed))
	n_skipped=$((n_skipped + skipped))
done
echo "$n_passed passed, $n_failed failed, $n_skipped skipped"
[ "$status" = 0 ] && [ "$n_failed" = 0 ]
