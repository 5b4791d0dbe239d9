#!/bin/sh
# Score the separator on real singers: MIR-1K clips mixed at 0 dB.
#
# usage: separate.sh STEMS [manifest ...]
#
# STEMS is a folder made by mir1k_stems.sh; the manifests are those in it to
# score, by default held-out (songs that training did not use) and unseen
# (singers that it did not use).  Mixtures and voices go to STEMS/scored.
# MODEL names other weights, BIN the folder of the commands.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
[ $# -ge 1 ] || { echo "usage: separate.sh STEMS [manifest ...]" >&2; exit 2; }
stems=$1; shift
[ -s "$stems/unseen.jsonl" ] || { echo "skipped: no stems in $stems"; exit 0; }
[ $# -gt 0 ] || set -- held-out unseen
out=$stems/scored
mkdir -p "$out"

# Root mean square of a file, in dB.
level() {
	ffmpeg -nostdin -hide_banner -i "$1" -af volumedetect -f null - 2>&1 |
	    sed -n 's/.*mean_volume: \(.*\) dB/\1/p'
}

for list; do
	: > "$out/$list.jsonl"
	sed 's/.*"id":"\([^"]*\)".*/\1/' "$stems/$list.jsonl" |
	while read -r id; do
		voice=$stems/$id.voice.flac band=$stems/$id.band.flac
		if [ ! -s "$out/$id.flac" ]; then
			gain=$(echo "$(level "$voice") $(level "$band")" |
			    awk '{ print $1 - $2 }')
			ffmpeg -nostdin -v error -y -i "$voice" -i "$band" \
			    -filter_complex "[0]volume=0.35[v];\
[1]volume=0.35,volume=${gain}dB[b];[v][b]amix=normalize=0" "$out/$id.flac"
		fi
		printf '{"id":"%s","audio_filepath":"%s","truth":{"vocals_filepath":"%s","accompaniment_filepath":"%s"}}\n' \
		    "$id" "$out/$id.flac" "$voice" "$band" >> "$out/$list.jsonl"
	done
	echo "$list:"
	chad-decode --work "$out/work" "$out/$list.jsonl" |
	    chad-separate --work "$out/work" \
	    --model "${MODEL:-$top/models/separate.safetensors}" > "$out/found"
	chad-eval voice "$out/found"
	chad-eval separation "$out/found"
done
