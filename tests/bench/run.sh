#!/bin/sh
# Run benchmarks and print a table.  Arguments: the programs.  A program
# prints lines "name value unit", such as "stft 812.3 x" (times faster than real
# time).
#
# Machines differ, so only ratios are compared: each value is divided by the
# first value of its program, here and in baseline.json (an object of
# "name": value), and a ratio that has changed by over 20 per cent is marked.
# SAVE=1 writes baseline.json.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp) || exit 2
trap 'rm -f "$tmp" "$tmp.one"' EXIT
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

status=0
for program in "$@"; do
	"$program" < /dev/null > "$tmp.one" || status=1
	sed "s|^|${program##*/} |" "$tmp.one" >> "$tmp"
done

if [ "${SAVE:-0}" = 1 ]; then
	awk 'BEGIN { printf "{" }
	     { printf "%s\n  \"%s\": %s", sep, $2, $3; sep = "," }
	     END { print "\n}" }' "$tmp" > "$here/baseline.json"
fi

baseline=$here/baseline.json
[ -e "$baseline" ] || { echo "no baseline.json to compare with"; baseline=; }
awk '
FILENAME != ARGV[ARGC - 1] {
	if (split($0, part, "\"") >= 3) {
		value = part[3]; gsub(/[:, ]/, "", value); old[part[2]] = value
	}
	next
}
FNR == 1 { printf "%-34s %12s %-6s %s\n", "what", "value", "unit", "ratio" }
{
	if (!($1 in first)) { first[$1] = $3; name[$1] = $2 }
	note = ""
	base = old[name[$1]]
	if (($2 in old) && base > 0 && first[$1] > 0 && $2 != name[$1]) {
		change = ($3 / first[$1]) / (old[$2] / base)
		note = sprintf("%.2f of the baseline", change)
		if (change < 0.8 || change > 1.25) note = note "  <-- changed"
	}
	printf "%-34s %12s %-6s %s\n", $2, $3, $4, note
}' ${baseline:+"$baseline"} "$tmp"
exit $status
