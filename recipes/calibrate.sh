#!/bin/sh
# Fit the calibration of chad-align (models/align.json) to made-up works that
# are decoded, separated, tracked and embedded, and judge it on others.
#
#	recipes/calibrate.sh [FOLDER]	FOLDER (calibration) is gone on with
#
# Leaves FOLDER/align.json.  BIN is the folder of the commands, THREADS how many
# threads to use, WORKS (24) how many works are made for either purpose.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE CHAD_WORK || true
out=${1:-calibration}
threads=${THREADS:-$(nproc)} works=${WORKS:-24}
how="--works $works --covers 2 --hums 1 --wrong 0.2 --min-sec 40 --max-sec 70
    --min-snr -2 --max-snr 5"
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$top"

# The works of seed $2 as the folder $1, embedded.
corpus() {
	# The options are meant to be split into words.
	# shellcheck disable=SC2086
	chad-synth --quiet --threads "$threads" --seed "$2" --rate 16000 \
	    --no-vocals $how --out "$out/$1"
	chad-decode --quiet --threads "$threads" --work "$out/work" \
	    "$out/$1/manifest.jsonl" |
	    chad-separate --quiet --threads "$threads" --work "$out/work" |
	    chad-f0 --quiet --threads "$threads" --work "$out/work" \
	    --activations |
	    chad-embed --quiet --threads "$threads" --work "$out/work" \
	    > "$out/$1.jsonl"
}

# The records of $1, each original with the versions of the work that comes
# $2 works later: strangers.
strangers() {
	awk -v shift="$2" '
	FNR == NR {
		match($0, /"group_id":"[^"]*"/)
		group = substr($0, RSTART, RLENGTH)
		if (!(group in number)) { number[group] = n; all[n++] = group }
		next
	}
	{
		match($0, /"group_id":"[^"]*"/)
		before = substr($0, 1, RSTART - 1)
		group = substr($0, RSTART, RLENGTH)
		after = substr($0, RSTART + RLENGTH)
		if ($0 ~ /"audio_type":"original"/)
			group = all[(number[group] + shift) % n]
		print before group after
	}' "$1" "$1"
}

# Fragments and pairs of the corpus $1, with the further options.
align() {
	name=$1; shift
	chad-align --quiet --threads "$threads" "$@" "$out/$name.jsonl"
	chad-align --quiet --threads "$threads" --works "$@" "$out/$name.jsonl"
	for k in 1 2; do
		strangers "$out/$name.jsonl" $k | chad-align --quiet \
		    --threads "$threads" --works "$@"
	done
}

corpus fit 41
corpus unseen 77
align fit > "$out/fit.found.jsonl"
chad-eval align --truth "$out/fit/manifest.jsonl" --fit "$out/align.json" \
    --data "chad-synth --seed 41 $(echo $how), heard by separate, f0-tiny \
and m0; pairs also of each original with the versions of two other works" \
    "$out/fit.found.jsonl"
align unseen --calibration "$out/align.json" > "$out/unseen.found.jsonl"
chad-eval align --truth "$out/unseen/manifest.jsonl" "$out/unseen.found.jsonl"
