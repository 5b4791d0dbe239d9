#!/bin/sh
# Prepare stems of MIR-1K for training a separator and for scoring it.
#
# usage: mir1k_stems.sh FOLDER
#
# Reads $CHAD_DATA/mir1k (default: ../shared/data beside the repository) and
# writes into FOLDER, which must lie outside the repository: the two channels
# of each clip as mono FLAC, and three manifests: train.jsonl (abjones and amy
# without the songs held out), held-out.jsonl (abjones_2, amy_6 and amy_7, the
# songs that cover_pairs.tsv and so covers.sh use) and unseen.jsonl (stool, leon
# and yifen, singers that nothing may be trained on).
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
data=${CHAD_DATA:-$here/../shared/data}/mir1k
[ $# = 1 ] || { echo "usage: mir1k_stems.sh FOLDER" >&2; exit 2; }
[ -d "$data/wav" ] || { echo "skipped: there is no $data/wav"; exit 0; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
case $out/ in
"$here"/*) echo "mir1k_stems.sh: $out lies in the repository" >&2; exit 2 ;;
esac

: > "$out/train.jsonl"
: > "$out/held-out.jsonl"
: > "$out/unseen.jsonl"
for clip in "$data"/wav/*.flac; do
	id=$(basename "$clip" .flac)
	if [ ! -s "$out/$id.voice.flac" ]; then
		ffmpeg -nostdin -v error -y -i "$clip" -filter_complex \
		    'channelsplit=channel_layout=stereo[a][v]' \
		    -map '[a]' "$out/$id.band.flac" \
		    -map '[v]' "$out/$id.voice.flac"
	fi
	case $id in
	abjones_2_* | amy_6_* | amy_7_*) list=held-out ;;
	abjones_* | amy_*) list=train ;;
	*) list=unseen ;;
	esac
	printf '{"id":"%s","vocals_filepath":"%s","accompaniment_filepath":"%s"}\n' \
	    "$id" "$id.voice.flac" "$id.band.flac" \
	    >> "$out/$list.jsonl"
done
wc -l "$out/train.jsonl" "$out/held-out.jsonl" "$out/unseen.jsonl"
