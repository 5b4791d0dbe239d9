#!/bin/sh
# How well chad-f0 follows the real voices of MIR-1K.
#
# usage: mir1k_f0.sh [OUT [SINGER...]]
#
# Tracks the voice channel of the clips (SINGER: prefixes of their names) with
# each of MODELS, files or the word "yin" (default: models/f0-tiny.safetensors
# and yin), and prints a table: the constant shift of the labels that fits all
# clips best, raw pitch and chroma accuracy there with every frame given a
# pitch, and voicing recall, false alarm and overall accuracy at the method's
# own threshold.  Mean of the clips with the 95 % interval, within 50 cents.
# F0 in the environment are further options for chad-f0; OUT keeps the files.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
data=${CHAD_DATA:-$top/../shared/data}/mir1k
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
if [ ! -d "$data/wav" ]; then
	echo "skipped: there is no MIR-1K in $data (set CHAD_DATA)"
	exit 0
fi
if [ $# -ge 1 ]; then
	mkdir -p "$1"
	out=$(cd "$1" && pwd)
	shift
else
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
"$top/tests/real/mir1k_f0_manifest.sh" "$out" clips "$@"
# The shift is what is looked for.
sed 's/,"f0_shift_sec":[0-9.]*//' "$out/clips.jsonl" > "$out/unshifted.jsonl"
[ -n "${MODELS:-}" ] || MODELS="$top/models/f0-tiny.safetensors yin"

# Track with options $*, to $out/tracked.jsonl.
track() {
	# shellcheck disable=SC2086
	chad-f0 --quiet --work "$out/work" "$@" ${F0:-} "$out/unshifted.jsonl" \
	    > "$out/tracked.jsonl"
}

# The figures at shift $1 in one line: the number of clips, then each score and
# its interval.
score() {
	chad-eval f0 --shift "$1" "$out/tracked.jsonl" |
	    awk 'NR > 1 { printf "%s ", $2 " " $3 } END { print "" }'
}

for model in $MODELS; do
	if [ "$model" = yin ]; then
		set -- --method yin
	else
		set -- --model "$model"
	fi
	track "$@" --voicing-threshold 0
	for shift in -0.010 -0.005 0.000 0.005 0.010 0.015 0.020; do
		printf '%s %s\n' "$shift" "$(score "$shift")"
	done | sort -k 3,3nr > "$out/shifts"
	best=$(sed -n '1s/ .*//p' "$out/shifts")
	echo "$(basename "$model"), labels moved by $best s"
	score "$best" | awk '{ print "  raw pitch", $2, $3, " raw chroma",
	    $4, $5
	    print "  octave errors", $16, $17, " gross", $18, $19,
	    " fine", $20, $21, "cents" }'
	track "$@"
	score "$best" | awk '{ print "  voicing recall", $6, $7,
	    " false alarm", $8, $9, " overall", $10, $11 }'
done
