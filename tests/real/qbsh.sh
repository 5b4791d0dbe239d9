#!/bin/sh
# How often real hums find their song, through the whole chain.
#
# usage: qbsh.sh [FOLDER [OUT]]
#
# FOLDER (default: $CHAD_DATA or ../shared/data beside the repository) holds
#   qbsh/waveFile/YEAR/PERSON/NNNNN.wav   hums; the file name is the song
#   qbsh/midiFile/NNNNN.mid               the songs
#   pop909/NNN.mid                        other songs, to search among
# The songs' melodies are embedded as they are written, all windows of the whole
# song.  The hums are decoded, tracked, embedded and searched for; nothing is
# told about where in the song a hum begins.  Printed are top-1, top-10 and MRR
# with 95 % intervals (bootstrap over singers), by fingerprints alone and with
# the best songs compared again by pitch.
#
# The models in models/ are trained on no hum and no song of QBSH, so every
# singer and every song here is unseen.  POP909 melodies are among M0's training
# data; here they are only what hums must not be mistaken for.
#
# The protocol is that of MIREX's query by humming: top-10 and MRR of hums, given
# as sound or, with VECTORS=1, as the pitch vectors NNNNN.pv beside them (all
# 2,703 of them, or every EVERY-th), among melodies of MIDI files.
#
# Files go to OUT (default: a folder that is removed).  F0 and EMBED in the
# environment are further options for the commands ("--method yin"), SONGS is a
# manifest of chad-embed to use as database in place of the melodies, BIN the
# folder of the commands.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
data=${1:-${CHAD_DATA:-$top/../shared/data}}
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
if [ ! -d "$data/qbsh/waveFile" ] || [ ! -d "$data/qbsh/midiFile" ]; then
	echo "skipped: there are no $data/qbsh/waveFile and midiFile"
	exit 0
fi
data=$(cd "$data" && pwd)
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
if [ $# -ge 2 ]; then
	mkdir -p "$2"
	out=$(cd "$2" && pwd)
else
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
cd "$out"
ln -sfn "$top/models" models

# One record a MIDI file: $1 the folder, $2 what the works are called.
songs_of() {
	[ -d "$1" ] || return 0
	find -L "$1" -name '*.mid' | sort | awk -v set="$2" '{
		name = $0; sub(/.*\//, "", name); sub(/\.mid$/, "", name)
		printf "{\"id\":\"%s-%s\",\"group_id\":\"%s-%s\"," \
		    "\"audio_type\":\"original\",\"audio_filepath\":\"%s\"}\n",
		    set, name, set, name, $0
	}'
}

kind=wav
[ -z "${VECTORS:-}" ] || kind=pv
find -L "$data/qbsh/waveFile" -name "*.$kind" | sort |
    awk -v every="${EVERY:-1}" -v suffix="[.]$kind\$" 'NR % every == 0 {
	n = split($0, part, "/")
	song = part[n]; sub(suffix, "", song)
	singer = part[n - 2] "-" part[n - 1]
	printf "{\"id\":\"%s-%s\",\"group_id\":\"qbsh-%s\"," \
	    "\"audio_type\":\"humming\",\"singer\":\"%s\"," \
	    "\"audio_filepath\":\"%s\"}\n", singer, song, song, singer, $0
}' > hums.jsonl
if [ ! -s hums.jsonl ]; then
	echo "skipped: there are no hums in $data/qbsh/waveFile"
	exit 0
fi

if [ -z "${SONGS:-}" ]; then
	{
		songs_of "$data/qbsh/midiFile" qbsh
		songs_of "$data/pop909" pop909
	} > songs.jsonl
	SONGS=songs.embedded.jsonl
	# shellcheck disable=SC2086
	chad-melody --quiet songs.jsonl |
	    chad-embed --quiet ${EMBED:-} > "$SONGS"
fi
# shellcheck disable=SC2086
if [ "$kind" = pv ]; then
	chad-melody --quiet hums.jsonl
else
	chad-decode --quiet hums.jsonl |
	    chad-f0 --quiet --activations ${F0:-}
fi | chad-embed --quiet --query ${EMBED:-} > hums.embedded.jsonl || true

echo "$(wc -l < hums.embedded.jsonl) hums, $(wc -l < "$SONGS") songs"
echo "by fingerprints:"
chad-eval retrieval --no-rescore --database "$SONGS" hums.embedded.jsonl
echo "the best songs compared again by pitch, as is the default:"
chad-eval retrieval --database "$SONGS" hums.embedded.jsonl
