#!/bin/sh
# The whole loop on a corpus that is made up: from recordings of covers and
# thirty labelled hums to aligned fragments in a catalogue and a better model.
#
#	recipes/demo.sh [FOLDER]	FOLDER (demo) is begun anew
#
# BIN is the folder of the commands, MODELS that of the pitch and voice
# networks, THREADS how many threads to use.  WORKS, HUM_WORKS, HELD_WORKS,
# OTHER_SONGS and RECIPE change the size.  A demo that was killed is gone on
# with by RESUME=1.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-demo}
BIN=${BIN:-$root/build/release/bin}
MODELS=${MODELS:-$root/models}
THREADS=${THREADS:-$(nproc)}
RECIPE=${RECIPE:-$root/recipes/embed-demo.json}
PATH=$BIN:$PATH; export PATH
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE CHAD_WORK || true
works=${WORKS:-70} hum_works=${HUM_WORKS:-15}
held_works=${HELD_WORKS:-150} other_songs=${OTHER_SONGS:-200}
began=$(date +%s)

say() {
	printf '[%3d s] %s\n' $(($(date +%s) - began)) "$*"
}

# Recordings of made-up works; $1: folder, the rest: which and how many.
corpus() {
	folder=$1; shift
	chad-synth --quiet --threads "$THREADS" --seed 1 --rate 16000 \
	    --min-sec 30 --max-sec 40 --hum-sec 8 --no-vocals \
	    --out "$folder" "$@"
}

make_corpus() {
	say "corpus: $works works with an original and 2 covers, a tenth of" \
	    "them wrong songs"
	corpus pool --works "$works" --covers 2 --hums 0 --wrong 0.1
	say "corpus: $((2 * hum_works)) labelled hums of $hum_works works," \
	    "$((2 * held_works)) held-out hums of $held_works others"
	corpus hums --works "$hum_works" --first 1000 --covers 0 --hums 2
	corpus held --works "$held_works" --first 2000 --covers 0 --hums 2
	say "corpus: melodies of $held_works held-out," \
	    "$works mined and $other_songs other works to find them among"
	corpus songs-held --no-audio --activations --works "$held_works" \
	    --first 2000 --covers 0 --hums 0
	corpus songs-pool --no-audio --activations --works "$works" \
	    --covers 0 --hums 0
	corpus songs-other --no-audio --activations --works "$other_songs" \
	    --first 3000 --covers 0 --hums 0
	grep '"audio_type":"humming"' held/manifest.jsonl > held/hums.jsonl
	cat songs-held/manifest.jsonl songs-pool/manifest.jsonl \
	    songs-other/manifest.jsonl > songs.jsonl
}

mine() {
	chad-mine --threads "$THREADS" --rounds 1 --work work \
	    --hums hums/manifest.jsonl --held-out held/hums.jsonl \
	    --database songs.jsonl --recipe "$RECIPE" \
	    --f0-model "$MODELS/f0-tiny.safetensors" \
	    --voice-model "$MODELS/separate.safetensors"
}

# What others take on from here: the models, the kept fragments.
export_all() {
	chad-store query fragments --decision keep > kept.jsonl
	chad-store export --decision keep > dataset.csv
	for k in 0 1; do
		model=$(chad-store dump | grep '"table":"models"' |
		    grep "\"name\":\"m$k\"" |
		    sed 's/.*"path":"\([^"]*\)".*/\1/')
		mkdir -p models
		cp "$model" "models/m$k.safetensors"
		cp "${model%.safetensors}.json" "models/m$k.json"
		cp "${model%.safetensors}.works.jsonl" "models/m$k.works.jsonl"
	done
}

if [ -z "${RESUME:-}" ]; then
	# Only what an earlier demo made is removed.
	if [ -e "$out" ] && [ ! -e "$out/.chad-demo" ]; then
		echo "demo.sh: $out is not a demo's folder: remove it or" \
		    "name another" >&2
		exit 2
	fi
	rm -rf "$out"
fi
mkdir -p "$out"
cd "$out"
: > .chad-demo
if [ ! -e songs.jsonl ] || [ ! -e chad.sqlite ]; then
	make_corpus
	chad-store add --quiet pool/manifest.jsonl
fi
say "mining: $((3 * works)) recordings, models M0 and M1"
mine > summary.txt
say "report"
export_all
chad-mine report --quiet --out .
say "done: see $out/index.html"
echo
cat summary.txt
