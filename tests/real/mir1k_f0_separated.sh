#!/bin/sh
# Add what chad-separate makes of MIR-1K to the manifest of its voices.
#
#	tests/real/mir1k_f0_separated.sh FOLDER NAME [DB]
#
# FOLDER and NAME are those given to mir1k_f0_manifest.sh.  Each clip's voice is
# mixed with its accompaniment, DB louder than it (default 0; -4: softer), and
# separated again.  Without DB so is the accompaniment alone, in which there is
# no voice to be heard.  Writes NAME-separated.jsonl, or NAME-separated_DB.jsonl
# (the voices, with the same labels), and NAME-leftover.jsonl (the
# accompaniments, labelled as unvoiced) into FOLDER.  MODEL names other weights.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
data=${CHAD_DATA:-$top/../shared/data}/mir1k
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
[ $# -eq 2 ] || [ $# -eq 3 ] || { sed -n 's/^#	//p' "$0" >&2; exit 2; }
if [ ! -d "$data/wav" ]; then
	echo "there is no MIR-1K in $data (set CHAD_DATA)" >&2
	exit 1
fi
cd "$1"
name=$2
db=${3:-0} level=${3:+_$3}

# Root mean square of a file, in dB.
level() {
	ffmpeg -nostdin -hide_banner -i "$1" -af volumedetect -f null - 2>&1 |
	    sed -n 's/.*mean_volume: \(.*\) dB/\1/p'
}

sed 's/.*"id":"\([^"]*\)".*/\1/' "$name.jsonl" | while read -r id; do
	if [ ! -s "$id.mixture$level.wav" ]; then
		ffmpeg -nostdin -v error -y -bitexact -i "$data/wav/$id.flac" \
		    -af 'pan=mono|c0=c0' "$id.band.wav"
		gain=$(echo "$(level "$id.wav") $(level "$id.band.wav") $db" |
		    awk '{ print $1 - $2 - $3 }')
		ffmpeg -nostdin -v error -y -bitexact -i "$id.wav" \
		    -i "$id.band.wav" -filter_complex "[0]volume=0.35[v];\
[1]volume=0.35,volume=${gain}dB[b];[v][b]amix=normalize=0" "$id.mixture$level.wav"
	fi
	awk -F , 'NR > 1 { $2 = $3 = "0.000" } { print $1 "," $2 "," $3 }' \
	    "$id.f0.csv" > "$id.unvoiced.csv"
done
# Decode and separate manifest $1, to $2.
separate() {
	chad-decode --quiet --work work "$1" |
	    chad-separate --quiet --work work \
	    --model "${MODEL:-$top/models/separate.safetensors}" > "$2"
}

sed "s/\"audio_filepath\":\"\([^\"]*\)\.wav\"/\"audio_filepath\":\"\\1.mixture$level.wav\"/" \
    "$name.jsonl" > "$name-mixtures$level.jsonl"
separate "$name-mixtures$level.jsonl" "$name-separated$level.jsonl"
[ -z "$level" ] || exit 0
sed 's/"audio_filepath":"\([^"]*\)\.wav"/"audio_filepath":"\1.band.wav"/
     s/"f0_path":"\([^"]*\)\.f0\.csv"/"f0_path":"\1.unvoiced.csv"/' \
    "$name.jsonl" > "$name-bands.jsonl"
separate "$name-bands.jsonl" "$name-leftover.jsonl"
