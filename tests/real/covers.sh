#!/bin/sh
# How well the fragments of real singers' covers are found.
#
# usage: covers.sh [FOLDER [OUT]]
#
# FOLDER (default: $CHAD_DATA/mir1k or ../shared/data/mir1k beside the
# repository) holds
#   wav/SINGER_SONG_NN.flac   clips: left the accompaniment, right the voice
#   cover_pairs.tsv           pairs of clips of one song by two singers; the
#                             third column is the time in clip_a at which
#                             clip_b begins
# A recording is one singer's clips of one song with a second between them, the
# voice mixed at 0 dB with the accompaniment of another song, another one for
# each recording of a work, so that nothing but the voice can match.  The works
# are the singers that cover_pairs.tsv connects; the one that stands first is
# the original.  To each work comes a cover with a wrong label: another song.
# Clips that cover_pairs.tsv does not name are sung too; what is found between
# those is not judged (n_no_truth), and what is found between a verse and the
# next one counts as wrong.  Where FOLDER has pitch/CLIP.pv, a last line says
# what is the same melody after all.
#
# Decodes, separates, tracks, embeds and aligns the recordings and scores the
# fragments; with CLEAN=1 the voices stay alone and nothing is separated.  Files
# go to OUT (default: a folder that is removed).  DECODE,
# SEPARATE, F0, EMBED and ALIGN in the environment are further options for the
# commands, BIN the folder of the commands.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
data=${1:-${CHAD_DATA:-$top/../shared/data}/mir1k}
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
if [ ! -d "$data/wav" ] || [ ! -e "$data/cover_pairs.tsv" ]; then
	echo "skipped: there are no $data/wav and cover_pairs.tsv"
	exit 0
fi
data=$(cd "$data" && pwd)
if [ $# -ge 2 ]; then
	mkdir -p "$2"
	out=$(cd "$2" && pwd)
else
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
cd "$top"
gap_samples=16000
tab=$(printf '\t')

# recording <tab> clip <tab> samples, of all clips
list_clips() {
	for f in "$data"/wav/*.flac; do
		clip=$(basename "$f" .flac)
		printf '%s\t%s\t%s\n' "${clip%_*}" "$clip" \
		    "$(ffprobe -v error -of csv=p=0 \
		    -show_entries stream=sample_rate,duration_ts "$f")"
	done | awk -F'[\t,]' '$3 != 16000 {
		print "covers.sh: " $2 " is not at 16000 Hz" > "/dev/stderr"
		exit 1
	} { print $1 "\t" $2 "\t" $4 }'
}

# recording <tab> work, of those that pairs connect; originals come first
list_works() {
	awk -F'\t' 'NR > 1 {
		a = $1; sub(/_[^_]*$/, "", a); b = $2; sub(/_[^_]*$/, "", b)
		if (!(a in work)) { work[a] = a; order[++n] = a }
		if (!(b in work)) { work[b] = b; order[++n] = b }
		from = work[b]; to = work[a]
		for (r in work) if (work[r] == from) work[r] = to
	} END {
		for (i = 1; i <= n; i++) print order[i] "\t" work[order[i]]
	}' "$data/cover_pairs.tsv"
}

# One channel ($2: c0 or c1) of a recording's ($1) clips as the file $4, with
# $3 samples of silence behind each clip.
join_clips() {
	# Names of clips hold no blanks.
	# shellcheck disable=SC2046
	set -- "$1" "$2" "$3" "$4" $(awk -F'\t' -v r="$1" \
	    '$1 == r { print $2 }' "$out/clips")
	recording=$1 channel=$2 pad=$3 file=$4
	shift 4
	inputs='' graph='' labels='' i=0
	for clip in "$@"; do
		inputs="$inputs -i $data/wav/$clip.flac"
		graph="${graph}[$i:a]pan=mono|c0=$channel,apad=pad_len=${pad}[p$i];"
		labels="${labels}[p$i]"
		i=$((i + 1))
	done
	# The list of inputs is meant to be split into words.
	# shellcheck disable=SC2086
	ffmpeg -nostdin -v error -y $inputs -filter_complex \
	    "$graph${labels}concat=n=$i:v=0:a=1[all]" -map '[all]' "$file"
}

# RMS level of a file in dB.
level_db() {
	ffmpeg -nostdin -hide_banner -i "$1" -af volumedetect -f null - 2>&1 |
	    sed -n 's/.*mean_volume: \(.*\) dB/\1/p'
}

# The voice of recording $1 over the accompaniment of recording $2 as $3.
make_recording() {
	if [ -n "${CLEAN:-}" ]; then
		join_clips "$1" c1 $gap_samples "$3"
		return
	fi
	join_clips "$1" c1 0 "$out/voice.wav"
	join_clips "$2" c0 0 "$out/band.wav"
	gain=$(echo "$(level_db "$out/voice.wav") $(level_db "$out/band.wav")" |
	    awk '{ print $1 - $2 }')
	join_clips "$1" c1 $gap_samples "$out/voice.wav"
	ffmpeg -nostdin -v error -y -i "$out/voice.wav" -stream_loop -1 \
	    -i "$out/band.wav" -filter_complex "[1:a]volume=${gain}dB[b];
	    [0:a][b]amix=inputs=2:duration=first:normalize=0,volume=-6dB" "$3"
	rm "$out/voice.wav" "$out/band.wav"
}

# Members truth.* of cover $2 of original $1.
print_truth() {
	awk -F'\t' -v original="$1" -v cover="$2" -v gap=$gap_samples '
	FNR == NR {
		at[$2] = place[$1] / 16000; length_sec[$2] = $3 / 16000
		place[$1] += $3 + gap
		next
	}
	FNR > 1 {
		a = $1; b = $2; offset = $3
		ra = a; sub(/_[^_]*$/, "", ra); rb = b; sub(/_[^_]*$/, "", rb)
		if (ra == cover && rb == original) {
			a = $2; b = $1; offset = -$3
		} else if (ra != original || rb != cover)
			next
		from = offset > 0 ? offset : 0
		to = length_sec[a]
		if (to > length_sec[b] + offset)
			to = length_sec[b] + offset
		if (to > from)
			text = text sprintf("%s{\"points\":[[%.5f,%.5f]," \
			    "[%.5f,%.5f]]}", text == "" ? "" : ",",
			    at[a] + from, at[b] + from - offset,
			    at[a] + to, at[b] + to - offset)
	}
	END {
		printf "\"truth\":{\"original_id\":\"%s\"," \
		    "\"segments\":[%s],\"partial\":true}", original, text
	}' "$out/clips" "$data/cover_pairs.tsv"
}

# The next recording of another song than work $1 to take from.
next_other() {
	n_taken=$((n_taken + 1))
	other=$(awk -F'\t' -v work="$1" -v n=$n_taken '
	FNR == NR { of[$1] = $2; next }
	!($1 in seen) {
		seen[$1] = 1
		# Songs outside of all works first: nobody else sings them.
		if (!($1 in of)) free[n_free++] = $1
		else if (of[$1] != work) rest[n_rest++] = $1
	}
	END {
		if (n_free > 3) print free[n % n_free]
		else if (n_rest > 0) print rest[n % n_rest]
	}' "$out/works" "$out/clips")
	[ -n "$other" ] || {
		echo "covers.sh: there is no song but one in $data" >&2
		exit 2
	}
}

# Make recording $1 as $2 (its type) of work $3, with the truth $4.
add_recording() {
	next_other "$3"
	[ -e "$out/$1.flac" ] || {
		make_recording "${1#wrong-*-as-}" "$other" "$out/new.flac"
		mv "$out/new.flac" "$out/$1.flac"
	}
	printf '{"id":"%s","group_id":"%s","audio_type":"%s",' "$1" "$3" "$2"
	printf '"audio_filepath":"%s"%s}\n' "$1.flac" "${4:+,$4}"
}

make_manifest() {
	n_taken=0
	while IFS=$tab read -r recording work; do
		if [ "$recording" != "$work" ]; then
			add_recording "$recording" cover "$work" \
			    "$(print_truth "$work" "$recording")"
			continue
		fi
		add_recording "$recording" original "$work" ''
		next_other "$work"
		wrong=$other
		add_recording "wrong-$work-as-$wrong" cover "$work" \
		    "$(print_truth "$work" "$wrong")"
	done < "$out/works"
}

list_clips > "$out/clips"
list_works > "$out/works"
make_manifest > "$out/manifest.jsonl"
# Options in the environment are meant to be split into words.
# shellcheck disable=SC2086
chad-decode --quiet --work "$out/work" ${DECODE:-} "$out/manifest.jsonl" |
    if [ -n "${CLEAN:-}" ]; then cat; else
	chad-separate --quiet --work "$out/work" ${SEPARATE:-}; fi |
    chad-f0 --quiet --work "$out/work" --activations ${F0:-} |
    chad-embed --quiet --work "$out/work" ${EMBED:-} > "$out/embedded.jsonl"
# shellcheck disable=SC2086
chad-align --quiet ${ALIGN:-} "$out/embedded.jsonl" > "$out/fragments.jsonl"
if grep -q '"error":' "$out/embedded.jsonl"; then
	echo "covers.sh: recordings failed" >&2
	exit 1
fi
echo "$(wc -l < "$out/manifest.jsonl") recordings of $data"
chad-eval align --truth "$out/manifest.jsonl" "$out/fragments.jsonl"
if [ -d "$data/pitch" ]; then
	awk -v gap=$gap_samples -v rate=16000 -f tests/real/labelled_pitch.awk \
	    "$out/clips" "$data"/pitch/*.pv "$out/fragments.jsonl"
fi
