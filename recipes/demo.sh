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

# Path of the output of a step of round 1; $1: its name.
step() {
	chad-store dump | grep '"table":"steps"' | grep "\"name\":\"$1\"" |
	    sed 's/.*"path":"\([^"]*\)".*/\1/' | tail -1
}

# The record with the highest agreement of pitch.
best() {
	awk 'match($0, /"agreement":[0-9.]+/) {
		score = substr($0, RSTART + 12, RLENGTH - 12) + 0
		if (score > highest) { highest = score; record = $0 }
	} END { print record }'
}

# Value of a text member of a record; $1: its name.
member() {
	sed -n "s/.*[{,]\"$1\":\"\([^\"]*\)\".*/\1/p"
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

draw() {
	chad-store query fragments --decision keep > kept.jsonl
	best=$(best < kept.jsonl)
	chad-plot similarity --out similarity.png \
	    --original "$(echo "$best" | member original_id)" \
	    --cover "$(echo "$best" | member id)" "$(step embed)" kept.jsonl
	chad-plot f0 --out f0.png \
	    --fragment "$(echo "$best" | member fragment_id)" \
	    "$(step analyse)" kept.jsonl
	for k in 0 1; do
		model=$(chad-store dump | grep '"table":"models"' |
		    grep "\"name\":\"m$k\"" |
		    sed 's/.*"path":"\([^"]*\)".*/\1/')
		mkdir -p models
		cp "$model" "models/m$k.safetensors"
		cp "${model%.safetensors}.json" "models/m$k.json"
		chad-plot curve --out "curve-m$k.png" \
		    "${model%.safetensors}.curve.csv"
	done
	chad-store export --decision keep > dataset.csv
}

describe() {
	cat <<END
<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>CHAD tools: the demo</title>
<style>body{font-family:sans-serif;max-width:60em;margin:2em auto}
img{max-width:100%}</style>
<h1>CHAD tools: the demo</h1>
<pre>$(sed 's/&/\&amp;/g; s/</\&lt;/g' summary.txt)</pre>
<p><a href="chad.sqlite">chad.sqlite</a> is the catalogue,
<a href="dataset.csv">dataset.csv</a> the kept fragments as a CHAD table,
<a href="kept.jsonl">kept.jsonl</a> the same as records;
<a href="models/m0.json">M0</a> and <a href="models/m1.json">M1</a> the
models.</p>
<h2>An original and its cover, and the fragments that they share</h2>
<img src="similarity.png" alt="similarity of the windows of two recordings">
<h2>The pitch of a fragment in both</h2>
<img src="f0.png" alt="f0 of the original over the cover's">
<h2>Training of M0 and of M1</h2>
<img src="curve-m0.png" alt="loss of M0 by step">
<img src="curve-m1.png" alt="loss of M1 by step">
</html>
END
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
say "pictures"
draw
describe > index.html
say "done: see $out/index.html"
echo
cat summary.txt
