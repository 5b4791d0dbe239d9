#!/bin/sh
# Make a manifest of MIR-QBSH's hums with their labelled pitch, for chad-f0.
#
#	tests/real/qbsh_f0_manifest.sh FOLDER NAME
#
# FOLDER gets every hum (16 kHz mono WAV), its labels as f0.csv, and
# NAME.jsonl, whose paths are relative to it.
#
# A label stands for 32 ms of sound, in semitones of MIDI; its middle is 16 ms
# after its start, which truth.f0_shift_sec says.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
data=${CHAD_DATA:-$top/../shared/data}/qbsh
[ $# -eq 2 ] || { sed -n 's/^#	//p' "$0" >&2; exit 2; }
folder=$1 manifest=$1/$2.jsonl
if [ ! -d "$data/waveFile" ]; then
	echo "there is no MIR-QBSH in $data (set CHAD_DATA)" >&2
	exit 1
fi
mkdir -p "$folder"
find "$data/waveFile" -name '*.wav' | LC_ALL=C sort | while read -r hum; do
	labels=${hum%.wav}.pv
	home=$(dirname "$hum")
	person=$(basename "$(dirname "$home")")-$(basename "$home")
	name=$person-$(basename "$hum" .wav)
	[ -e "$labels" ] || continue
	[ -e "$folder/$name.wav" ] ||
	    ffmpeg -nostdin -v error -y -bitexact -i "$hum" -ac 1 -ar 16000 \
	    "$folder/$name.wav"
	awk 'BEGIN { print "time,frequency,confidence" }
	     NF {
		hz = $1 > 0 ? 440 * 2 ^ (($1 - 69) / 12) : 0
		printf "%.3f,%.3f,%.6f\n", n++ * 0.032, hz, (hz > 0)
	     }' "$labels" > "$folder/$name.f0.csv"
	printf '{"id":"%s","group_id":"%s","audio_filepath":"%s",' \
	    "$name" "$person" "$name.wav"
	printf '"truth":{"f0_path":"%s","f0_shift_sec":0.016}}\n' \
	    "$name.f0.csv"
done > "$manifest"
