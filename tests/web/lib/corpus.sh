#!/bin/sh
# A catalogue with flagged fragments to review: made-up songs of 44.1 kHz, two
# of them short, their voices separated, and one of five minutes, all through
# chad-decode and chad-f0.
#
#	corpus.sh FOLDER	FOLDER/chad.sqlite; BIN, MODELS as recipes/demo.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
MODELS=${MODELS:-$root/models}
PATH=$BIN:$PATH; export PATH
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE CHAD_WORK || true
mkdir -p "$1"
cd "$1"
chad-synth --quiet --seed 7 --rate 44100 --works 2 --covers 2 --hums 0 \
    --min-sec 60 --max-sec 70 --out short
chad-synth --quiet --seed 8 --rate 44100 --first 100 --works 1 --covers 1 \
    --hums 0 --min-sec 300 --max-sec 310 --out long
for songs in short long; do
	chad-decode --quiet --work work "$songs/manifest.jsonl" |
	    if [ $songs = long ]; then cat; else
		chad-separate --quiet --work work \
		    --model "$MODELS/separate.safetensors"
	    fi |
	    chad-f0 --quiet --work work --activations \
	    --model "$MODELS/f0-tiny.safetensors" > "$songs.jsonl"
	python3 "$here/corpus.py" "$songs/manifest.jsonl" > "$songs.found.jsonl"
done
chad-store --quiet --catalogue chad.sqlite add short.jsonl long.jsonl
chad-store --quiet --catalogue chad.sqlite add short.found.jsonl \
    long.found.jsonl
