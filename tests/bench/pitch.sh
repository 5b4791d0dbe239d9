#!/bin/sh
# The pitch trackers beside each other on real voices: a Markdown table.
#
# usage: pitch.sh [accuracy|speed]...
#
# accuracy: the voices of MIR-1K's singers that no network here was trained on
# (SINGERS; the published network was), and the hums of MIR-QBSH.  chad-f0
# with its default network, with the published tiny network and with METHODS;
# Praat and aubio at the settings shown in run_praat and run_aubio.  A frame
# every 10 ms.  Raw pitch and raw chroma accuracy (RPA, RCA, within 50 cents)
# with every frame given a pitch where a tracker can; voicing recall, voicing
# false alarm and overall accuracy (VR, VFA, OA) at its own decision.  Means over
# the recordings, all scored by chad-eval.  The times of labels and of frames
# differ by a constant, so for each tracker and corpus the labels are moved by
# the step of a grid that gives the best RPA.  Speed is how many times faster
# than the sound lasts, in processor time of one run of all recordings, with
# reading, decoding and writing.
#
# speed: the network alone, ours beside the layers as PyTorch computes them,
# same weights, same frames, one thread each, processor time.
#
# Needs Praat, aubio and PyTorch of the distribution and asks to install them.
# OUT in the environment keeps the files.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
data=${CHAD_DATA:-$top/../shared/data}
PATH=${BIN:-$top/build/release/bin}:$PATH
NET_SPEED=${NET_SPEED:-$top/build/release/tests/net_speed}
# One thread, everywhere.
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=passive
export PATH OMP_NUM_THREADS OPENBLAS_NUM_THREADS OMP_WAIT_POLICY
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
SINGERS=${SINGERS:-leon stool yifen}
METHODS=${METHODS:-yin pyin}
python=/usr/bin/python3

[ $# -gt 0 ] || set -- accuracy speed
"$top/tests/lib/deps.sh" praat aubio-tools python3-torch >&2
if [ -n "${OUT:-}" ]; then
	mkdir -p "$OUT"
	out=$(cd "$OUT" && pwd)
else
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
published=$data/weights/crepe-model-tiny.h5.bz2
crepe=$out/crepe-tiny.safetensors
if [ -e "$published" ]; then
	chad-model import --licence MIT "$published" "$crepe"
else
	echo "skipped: there is no $published (set CHAD_DATA)" >&2
	crepe=
fi

# Each runs a tracker on the sounds of $corpus, with a pitch in every frame ($1
# is "all") or its own decision ("own"), and leaves tracks named after them in
# $tracks.
run_praat() {
	if [ "$1" = all ]; then set -- 0 0; else set -- 0.03 0.45; fi
	praat --run "$here/pitch.praat" "$corpus/sounds" "$tracks" "$1" "$2"
}

# aubio gives every frame a pitch that is not silent (below -90 dB); windows of
# 64 ms serve it better here than twice that.  Its frame i ends with sample
# (i + 1) * 160: its middle lies 352 samples before that of ours, so frame i + 2
# is called i, and the rest of 2 ms is left to the grid.
run_aubio() {
	while read -r sound; do
		name=${sound##*/}
		aubiopitch -i "$sound" -B 1024 -H 160 -p "$2" |
		    awk 'BEGIN { print "time,frequency,confidence" }
			 NR > 2 { printf "%.3f,%.3f,%d\n", (NR - 3) / 100,
			    $2, ($2 > 0) }' > "$tracks/${name%.wav}.f0.csv"
	done < "$corpus/sounds"
}

run_chad() {
	threshold=
	[ "$1" = own ] || threshold='--voicing-threshold 0'
	shift
	# shellcheck disable=SC2086
	chad-f0 --quiet --threads 1 --work "$tracks/work" $threshold "$@" \
	    "$corpus/clips.jsonl" > "$tracks/tracked.jsonl"
}

# The tracks of others as chad-f0 would have told of them.
tell() {
	[ -e "$tracks/tracked.jsonl" ] || sed \
	    's|"id":"\([^"]*\)"|&,"f0":{"path":"'"$tracks"'/\1.f0.csv"}|' \
	    "$corpus/clips.jsonl" > "$tracks/tracked.jsonl"
}

# The mean that a line of chad-eval --json calls $1.
mean() {
	sed -n 's/.*"'"$1"'":{"mean":\([0-9.]*\).*/\1/p'
}

# Seconds of processor time that our children had taken, in "times" outputs.
seconds() {
	awk 'FNR == 2 { gsub(/[ms]/, " "); s = $1 * 60 + $2 + $3 * 60 + $4
			total = s - total }
	     END { print total }' "$@"
}

# row LABEL FUNCTION ARGUMENTS: a row of the table.
row() {
	label=$1 run=$2
	shift 2
	tracks=$(mktemp -d "$out/tracks.XXXXXX")
	"$run" all "$@"
	tell
	best=$(for shift in $shifts; do
		printf '%s ' "$shift"
		chad-eval f0 --json --shift "$shift" "$tracks/tracked.jsonl" |
		    mean raw_pitch
	done | sort -k 2,2nr | sed -n '1s/ .*//p')
	all=$(chad-eval f0 --json --shift "$best" "$tracks/tracked.jsonl")
	tracks=$(mktemp -d "$out/tracks.XXXXXX")
	times > "$out/before"
	"$run" own "$@"
	times > "$out/after"
	tell
	own=$(chad-eval f0 --json --shift "$best" "$tracks/tracked.jsonl")
	octave=$(echo "$all" | mean 'octave[a-z_]*')
	[ -z "$octave" ] || octave=$(printf %.3f "$octave")
	printf '| %s | %s | %.3f | %.3f | %s | %.3f | %.3f | %.3f | %.0f | %s |\n' \
	    "$label" "$corpus_name" "$(echo "$all" | mean raw_pitch)" \
	    "$(echo "$all" | mean raw_chroma)" "${octave:--}" \
	    "$(echo "$own" | mean voicing_recall)" \
	    "$(echo "$own" | mean voicing_false_alarm)" \
	    "$(echo "$own" | mean overall)" \
	    "$(echo "$sound_sec $(seconds "$out/before" "$out/after")" |
	    awk '{ print $1 / $2 }')" "$best"
}

# rows FOLDER NAME SHIFTS: the rows of all trackers.
rows() {
	corpus=$1 corpus_name=$2 shifts=$3
	# The shift is what is looked for; tracks will lie elsewhere.
	sed -e 's/,"f0_shift_sec":[0-9.]*//' \
	    -e 's|\("f0_path":"\)|\1'"$corpus"'/|' \
	    -e 's|\("audio_filepath":"\)|\1'"$corpus"'/|' \
	    "$corpus/labelled.jsonl" > "$corpus/clips.jsonl"
	sed 's|.*"audio_filepath":"\([^"]*\)".*|\1|' \
	    "$corpus/clips.jsonl" > "$corpus/sounds"
	# 44 bytes of header, 16-bit samples at 16 kHz
	sound_sec=$(while read -r f; do wc -c < "$f"; done \
	    < "$corpus/sounds" | awk '{ s += ($1 - 44) / 32000 }
	    END { print s }')
	row 'chad-f0' run_chad --model "$top/models/f0-tiny.safetensors"
	[ -z "$crepe" ] ||
	    row 'chad-f0, published tiny network' run_chad --model "$crepe"
	for method in $METHODS; do
		row "chad-f0 --method $method" run_chad --method "$method"
	done
	row "$(praat --version | sed 's/ (.*//') (ac, 50 to 1100 Hz)" run_praat
	row 'aubio yinfft' run_aubio yinfft
	row 'aubio yin' run_aubio yin
}

accuracy() {
	echo "| tracker | recordings | RPA | RCA | octave errors | VR | VFA | OA | times real time, one thread | shift of labels, s |"
	echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
	mkdir -p "$out/mir1k" "$out/qbsh"
	# The list is meant to be split into words.
	# shellcheck disable=SC2086
	if [ -d "$data/mir1k/wav" ]; then
		"$top/tests/real/mir1k_f0_manifest.sh" "$out/mir1k" labelled \
		    $SINGERS
		rows "$out/mir1k" 'MIR-1K voices' \
		    '-0.010 -0.005 0 0.005 0.010 0.015 0.020 0.025 0.030'
	else
		echo "skipped: there is no MIR-1K in $data/mir1k" >&2
	fi
	if [ -d "$data/qbsh/waveFile" ]; then
		"$top/tests/real/qbsh_f0_manifest.sh" "$out/qbsh" labelled
		rows "$out/qbsh" 'MIR-QBSH hums' \
		    '-0.016 -0.008 0 0.008 0.016 0.024 0.032 0.040 0.048'
	else
		echo "skipped: there is no MIR-QBSH in $data/qbsh" >&2
	fi
}

# compare LABEL MODEL N_FRAMES RUNS RUNS_THEIRS: rows of ours in f32 and bf16,
# and of theirs.
compare() {
	"$python" "$here/pitch_torch.py" frames "$out/frames" "$3" \
	    "$out/mir1k/sounds"
	f32=$("$NET_SPEED" "$2" "$out/frames" "$out/f32" "$4")
	bf16=$("$NET_SPEED" "$2" "$out/frames" "$out/bf16" "$4" bf16)
	# frames per second and the differences of ours to theirs
	theirs=$("$python" "$here/pitch_torch.py" run "$2" "$out/frames" \
	    "$5" "$out/f32" "$out/bf16")
	echo "$f32 $bf16 $theirs" | awk -v label="$1" '{
		row = "| %s | %s | %.0f | %s | %s |\n"
		printf row, label, "ours", $1, sprintf("%.1f", $1 / $3), $4
		printf row, label, "ours, bf16", $2,
		    sprintf("%.1f", $2 / $3), $5
		printf row, label, "PyTorch", $3, 1, "" }'
}

speed() {
	mkdir -p "$out/mir1k"
	# shellcheck disable=SC2086
	"$top/tests/real/mir1k_f0_manifest.sh" "$out/mir1k" labelled $SINGERS
	sed 's|.*"audio_filepath":"\([^"]*\)".*|'"$out/mir1k"'/\1|' \
	    "$out/mir1k/labelled.jsonl" > "$out/mir1k/sounds"
	echo "| network | by | frames/s | ratio | largest difference |"
	echo "| --- | --- | --- | --- | --- |"
	if [ -n "$crepe" ]; then
		compare 'tiny, published weights' "$crepe" 2048 5 3
	fi
	"$python" "$here/pitch_torch.py" random "$out/full.safetensors" full
	compare 'full, random weights' "$out/full.safetensors" 512 3 1
}

for part in "$@"; do
	case $part in
	accuracy)	accuracy ;;
	speed)	speed ;;
	*)	sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
	esac
done
