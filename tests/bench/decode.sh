#!/bin/sh
# chad-decode beside ffmpeg itself: four minutes of four kinds of file, mixed
# to one channel, resampled to 16 kHz and written as FLAC.
#
#	decode.sh [RUNS]	best of RUNS (5), in turns
#
# The sound is a song of $CHAD_DATA or ../shared/data, else made up.  Printed are
# seconds of processor and clock, and ffmpeg's over chad-decode's: above 1 it is
# the quicker.  chad-decode also hashes the file, looks for clipping and
# silence and, in the last columns, measures loudness and true peak.
# BIN is the folder of the commands.
set -eu
runs=${1:-5}
root=$(cd "$(dirname "$0")/../.." && pwd)
data=${CHAD_DATA:-$root/../shared/data}
PATH=${BIN:-$root/build/release/bin}:$PATH; export PATH
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
song=$(find "$data/audio" -name '*.ogg' 2> /dev/null | sort | head -n 1)
if [ -n "$song" ]; then
	ffmpeg -nostdin -v error -stream_loop 3 -i "$song" -t 240 -ac 2 \
	    -ar 44100 "$tmp/song.wav"
else
	ffmpeg -nostdin -v error -f lavfi -i anoisesrc=c=pink:d=240:r=44100 \
	    -ac 2 "$tmp/song.wav"
fi
for words in 'flac' 'mp3 -b:a 192k' 'm4a -b:a 128k' 'opus -b:a 128k'; do
	# shellcheck disable=SC2086 # options
	ffmpeg -nostdin -v error -i "$tmp/song.wav" ${words#* } \
	    "$tmp/song.${words%% *}" 2> "$tmp/err" ||
	    ffmpeg -nostdin -v error -y -i "$tmp/song.wav" \
	    "$tmp/song.${words%% *}"
done
cd "$tmp"
python3 - "$runs" <<'END'
import json
import os
import shutil
import subprocess
import sys
import time


def used(argv):
    """Seconds of processor and clock that a command takes."""
    begun = time.monotonic()
    p = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    assert status == 0, argv
    return usage.ru_utime + usage.ru_stime, time.monotonic() - begun


def best(runs):
    return [min(values) for values in zip(*runs)]


print("        ffmpeg        chad-decode   ratio         with loudness")
print("        cpu    clock  cpu    clock  cpu    clock  cpu    clock")
for kind in "flac", "mp3", "m4a", "opus":
    name = "song." + kind
    with open("list.jsonl", "w") as f:
        print(json.dumps({"id": kind, "audio_filepath": name}), file=f)
    theirs, ours, loud = [], [], []
    for _ in range(int(sys.argv[1])):
        theirs.append(used(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i",
                            name, "-ac", "1", "-ar", "16000", "out.flac"]))
        for runs, more in (ours, ["--no-loudness"]), (loud, []):
            shutil.rmtree("work", ignore_errors=True)
            runs.append(used(["chad-decode", "--quiet", "--work", "work",
                              *more, "list.jsonl"]))
    t, o, n = best(theirs), best(ours), best(loud)
    print(f"{kind:8}" + "".join(f"{v:<7.2f}" for v in
          (*t, *o, t[0] / o[0], t[1] / o[1], *n)))
END
