#!/bin/sh
# Does separate.overlap tell a bad voice?  MIR-1K mixed at seven levels.
#
#	tests/real/separate_overlap.sh STEMS [manifest]
#
# STEMS is a folder made by mir1k_stems.sh; the manifest one of those in it
# (default: unseen).  Voices are mixed 15 dB softer to 20 dB louder than their
# accompaniment; prints, for each level, the means of overlap and SI-SDR, and
# how many of the voices below 0 dB the flag "dropout" finds and how many of
# those above 3 dB it accuses.  MODEL names other weights, BIN the commands.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
[ $# -ge 1 ] || { sed -n 's/^#	//p' "$0" >&2; exit 2; }
stems=$(cd "$1" && pwd)
list=${2:-unseen}
[ -s "$stems/$list.jsonl" ] || { echo "skipped: no stems in $stems"; exit 0; }
out=$stems/overlap
mkdir -p "$out"

# Root mean square of a file, in dB.
level() {
	ffmpeg -nostdin -hide_banner -i "$1" -af volumedetect -f null - 2>&1 |
	    sed -n 's/.*mean_volume: \(.*\) dB/\1/p'
}

sed 's/.*"id":"\([^"]*\)".*/\1/' "$stems/$list.jsonl" | while read -r id; do
	voice=$stems/$id.voice.flac band=$stems/$id.band.flac
	gain=$(echo "$(level "$voice") $(level "$band")" |
	    awk '{ print $1 - $2 }')
	for db in -15 -10 -5 0 5 10 20; do
		mixture=$out/$id@$db.flac
		# The louder of the two stays as loud.
		softer=$(awk -v db=$db 'BEGIN { print db < 0 ? db : 0 }')
		below=$(awk -v db=$db -v g="$gain" \
		    'BEGIN { print g - (db > 0 ? db : 0) }')
		[ -s "$mixture" ] || ffmpeg -nostdin -v error -y -i "$voice" \
		    -i "$band" -filter_complex "[0]volume=0.35,\
volume=${softer}dB[v];[1]volume=0.35,volume=${below}dB[b];\
[v][b]amix=normalize=0" "$mixture"
		printf '{"id":"%s@%s","audio_filepath":"%s",' "$id" "$db" \
		    "$mixture"
		printf '"truth":{"vocals_filepath":"%s"}}\n' "$voice"
	done
done > "$out/$list.jsonl"
chad-decode --quiet --work "$out/work" "$out/$list.jsonl" |
    chad-separate --quiet --work "$out/work" \
    --model "${MODEL:-$top/models/separate.safetensors}" \
    > "$out/$list-separated.jsonl"
# One line a recording: level, SI-SDR, overlap, flag.
while read -r record; do
	echo "$record" > "$out/one.jsonl"
	echo "$record" | sed 's/.*"id":"[^"]*@\([-0-9]*\)".*/\1/'
	chad-eval voice --json "$out/one.jsonl" |
	    sed 's/.*"si_sdr_db":{"mean":\([-0-9.]*\).*/\1/'
	echo "$record" | sed 's/.*"overlap":\([0-9.]*\).*/\1/'
	case $record in *'"dropout":true'*) echo 1 ;; *) echo 0 ;; esac
done < "$out/$list-separated.jsonl" | paste - - - - > "$out/$list.scores"
awk '{ n[$1]++; s[$1] += $2; o[$1] += $3; f[$1] += $4 }
    $2 < 0 { bad++; found += $4 } $2 > 3 { good++; accused += $4 }
    { flagged += $4 }
    END { print "level, dB\tSI-SDR, dB\toverlap\tflagged"
	for (i = -15; i <= 20; i += 5)
	    if (n[i]) printf "%d\t%.2f\t%.3f\t%.2f\n", i, s[i] / n[i],
	    o[i] / n[i], f[i] / n[i]
	printf "flagged %d, of them below 0 dB %d of the %d that are; ", flagged,
	    found, bad
	printf "accused %d of the %d above 3 dB\n", accused, good
    }' "$out/$list.scores"
