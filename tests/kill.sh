#!/bin/sh
# kill -9 chad-mine at random moments: the same command must end with the same
# catalogue and the same models as an undisturbed run.
#
#	tests/kill.sh [N [SEED]]	N kills (10) at moments drawn by SEED (1)
#
# BIN is the folder of the commands.  Every second kill hits chad-mine alone,
# so that the commands it started live on beside the next run; the others hit
# all of them.  The corpus is made up, without sound.
set -eu
n_kills=${1:-10}
seed=${2:-1}
root=$(cd "$(dirname "$0")/.." && pwd)
BIN=${BIN:-$root/build/release/bin}
PATH=$BIN:$PATH; export PATH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What every run starts from; $1: the folder.
prepare() {
	mkdir "$1"
	cp -r "$tmp/corpus/." "$1"
	(cd "$1" && chad-store add --quiet pool/manifest.jsonl)
}

mine() {
	chad-mine --quiet --threads 2 --hums hums/manifest.jsonl \
	    --held-out held/hums.jsonl --database held/songs.jsonl \
	    --truth truth/manifest.jsonl --recipe recipe.json --rounds 1
}

# The catalogue and its models, as text.
state() {
	chad-store dump
	find chad-work/chad-mine -name '*.safetensors' -exec sha256sum {} + |
	    LC_ALL=C sort
}

corpus() {
	chad-synth --quiet --no-audio --activations --hum-sec 9 \
	    --min-sec 20 --max-sec 30 "$@"
}

mkdir "$tmp/corpus"
cd "$tmp/corpus"
corpus --out pool --works 6 --covers 2 --hums 0
corpus --out hums --works 6 --first 100 --covers 0 --hums 2
corpus --out held --works 6 --first 200 --covers 0 --hums 2
corpus --out truth --works 5 --first 300 --covers 2 --hums 0 --wrong 0.2
grep '"audio_type":"humming"' held/manifest.jsonl > held/hums.jsonl
grep '"audio_type":"original"' held/manifest.jsonl > held/songs.jsonl
cat > recipe.json <<'END'
{ "task": "embed", "name": "tiny", "licence": "GPL-3.0-or-later",
  "network": { "architecture": "embed-resnet", "n_columns": 200,
    "channels": [16, 16, 16, 16], "blocks": 1, "stem_stride_bins": 2,
    "stem_stride_columns": 2, "first_stride": 2, "head": "flat",
    "dimension": 128 },
  "features": { "window_sec": 8.0, "hop_sec": 0.64, "min_voiced": 0.15 },
  "loss": { "temperature": 0.05 },
  "data": { "pairs": 1 },
  "validation": { "distractors": 4, "queries": 4 },
  "training": { "steps": 12, "batch": 32, "block": 16,
    "optimiser": "adamw", "learning_rate": 0.002, "checkpoint_every": 2 } }
END

prepare "$tmp/undisturbed"
cd "$tmp/undisturbed"
start=$(date +%s%N)
mine > summary
took=$(( ($(date +%s%N) - start) / 1000000 ))
state > "$tmp/expected"
mine > again
cmp summary again
state | cmp - "$tmp/expected"
echo "undisturbed: $took ms"

n_failed=0 n_hit=0
for i in $(seq "$n_kills"); do
	moment=$(awk -v s="$seed" -v i="$i" -v t="$took" 'BEGIN {
	    srand(s * 1000 + i); printf "%.3f", rand() * t / 1000 }')
	prepare "$tmp/run-$i"
	cd "$tmp/run-$i"
	setsid "$BIN/chad-mine" --quiet --threads 2 \
	    --hums hums/manifest.jsonl --held-out held/hums.jsonl \
	    --database held/songs.jsonl --truth truth/manifest.jsonl \
	    --recipe recipe.json --rounds 1 > summary 2> messages &
	pid=$!
	sleep "$moment"
	what=alone; target=$pid
	[ $((i % 2)) = 0 ] || { what=all; target=-$pid; }
	if kill -s KILL -- "$target" 2> /dev/null; then n_hit=$((n_hit + 1)); fi
	wait "$pid" 2> /dev/null || true
	if mine > summary && state > after && cmp after "$tmp/expected" &&
	    cmp summary "$tmp/undisturbed/summary"; then
		echo "kill $i after $moment s ($what): same"
	else
		echo "kill $i after $moment s ($what): DIFFERENT" >&2
		n_failed=$((n_failed + 1))
	fi
	cd "$tmp"
	rm -rf "$tmp/run-$i"
done
echo "$n_kills kills, $n_hit of them in time, $n_failed ended differently"
[ "$n_failed" = 0 ]
