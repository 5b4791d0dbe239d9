#!/bin/sh
# Spoiled files of all codecs through chad-decode: each must end as sound or as
# a sentence, soon and in little memory.
#
#	tests/mutate.sh [N [SEED [BATCH]]]
#
# N files (2000), BATCH (20) of them a process, which may take 10 s of the
# processor and 500 MB for all of them.  BIN is the folder of the commands, for
# a campaign that of CONFIG=asan, whose own memory then counts.  The files of a
# batch that fails are kept.
set -eu
n=${1:-2000}
seed=${2:-1}
n_batch=${3:-20}
root=$(cd "$(dirname "$0")/.." && pwd)
BIN=${BIN:-$root/build/asan/bin}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
ASAN_OPTIONS=allocator_may_return_null=1:quarantine_size_mb=16
export ASAN_OPTIONS

sound() {
	rate=$1 name=$2; shift 2
	ffmpeg -nostdin -v error -y -f lavfi -i \
	    "aevalsrc=0.3*sin(600*t*t)+0.02*random(0):s=$rate:d=4" \
	    "$@" "$tmp/good/$name"
}

mkdir "$tmp/good"
sound 44100 s16.wav
sound 48000 f64.wav -c:a pcm_f64le -ac 2
sound 22050 ms.wav -c:a adpcm_ms
sound 22050 ima.wav -c:a adpcm_ima_wav
sound 8000 mu.au
sound 44100 s24.aiff -c:a pcm_s24be
sound 44100 a.caf -c:a pcm_s32be
sound 44100 a.flac
sound 48000 six.flac -af 'pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0'
sound 44100 og.ogg -c:a flac
sound 44100 vbr.mp3 -q:a 4
sound 22050 bare.mp3 -b:a 32k -write_xing 0
sound 44100 a.mp2
sound 44100 a.m4a -metadata title=x
sound 44100 frag.m4a -movflags frag_keyframe+empty_moov -frag_duration 500000
sound 44100 alac.m4a -c:a alac
sound 44100 a.aac
sound 44100 a.ts -c:a aac
sound 44100 a.ogg -c:a libvorbis
sound 48000 a.opus
sound 48000 a.webm
sound 44100 a.mkv -c:a flac
sound 44100 a.wma
sound 44100 a.wv
sound 44100 a.tta
sound 48000 a.ac3
sound 48000 a.dts -c:a dca -strict -2
sound 16000 a.spx -c:a libspeex
sound 44100 a.avi -c:a mp3
sound 8000 a.amr.3gp -c:a aac

python3 "$root/tests/lib/mutate.py" "$BIN/chad-decode" "$n" "$seed" \
    "$n_batch" "$tmp"/good/*
