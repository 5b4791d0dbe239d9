#!/bin/sh
# Make a manifest of MIR-1K's voices with their true pitch, for chad-f0 and
# chad-train.
#
#	tests/real/mir1k_f0_manifest.sh FOLDER NAME [SINGER...]
#
# FOLDER gets the voice channel of every clip (16 kHz mono WAV), its labels as
# f0.csv, and NAME.jsonl, whose paths are relative to it.  SINGER is a prefix
# of clip names (abjones_ amy_1_; default: all clips).
#
# Times of the labels are kept; they describe the sound 5 ms later, which
# tests/real/mir1k_f0.sh measures over the corpus: truth.f0_shift_sec says so.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
data=${CHAD_DATA:-$top/../shared/data}/mir1k
[ $# -ge 2 ] || { sed -n 's/^#	//p' "$0" >&2; exit 2; }
folder=$1 manifest=$1/$2.jsonl
shift 2
if [ ! -d "$data/wav" ]; then
	echo "there is no MIR-1K in $data (set CHAD_DATA)" >&2
	exit 1
fi
mkdir -p "$folder"
[ $# -gt 0 ] || set -- ""
for singer in "$@"; do
	for clip in "$data/wav/$singer"*.flac; do
		name=$(basename "$clip" .flac)
		[ -e "$folder/$name.wav" ] ||
		    ffmpeg -nostdin -v error -y -bitexact -i "$clip" \
		    -af 'pan=mono|c0=c1' "$folder/$name.wav"
		# Labels stand on a grid of 10 ms from 0.01 s on.
		awk '	{ k = int($1 * 100 + 0.5); f0[k] = $2 }
			k > last { last = k }
			END {
				print "time,frequency,confidence"
				for (k = 0; k <= last; k++)
					printf "%.3f,%.3f,%.6f\n", k / 100,
					    f0[k], (f0[k] > 0)
			}' "$data/pitch/$name.pv" > "$folder/$name.f0.csv"
		printf '{"id":"%s","group_id":"%s","audio_filepath":"%s",' \
		    "$name" "${name%_*}" "$name.wav"
		printf '"truth":{"f0_path":"%s","f0_shift_sec":0.005}}\n' \
		    "$name.f0.csv"
	done
done > "$manifest"
