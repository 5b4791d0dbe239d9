#!/bin/sh
# N fragments as chad-align writes them, 50 to a work; the same every time.
#	fragments.sh N
set -eu
awk -v n="$1" 'BEGIN {
	split("keep flag drop", word, " ")
	model = sprintf("%064d", 7)
	for (i = 0; i < n; i++) {
		w = int(i / 50); k = i % 50; c = int(k / 10)
		start = (k % 10) * 160000 + 1600 * (i % 7); end = start + 160000
		p = ((i * 7919) % 1000003) / 1000003
		printf "{\"group_id\":\"w%06d\",\"fragment_id\":\"%08x%04x\"," \
		    "\"id\":\"c%06d-%d\",\"audio_type\":\"cover\"," \
		    "\"audio_filepath\":\"covers/w%06d/c%d.mp3\",", w,
		    (i * 40503) % 4294967291, i % 65536, w, c, w, c
		printf "\"original_id\":\"o%06d\",\"original_audio_filepath\":" \
		    "\"covers/w%06d/o.mp3\",\"rate_hz\":16000," \
		    "\"interval_samples\":[%d,%d],\"interval\":[%.6f,%.6f],", w,
		    w, start, end, start / 16000, end / 16000
		printf "\"original_interval_samples\":[%d,%d]," \
		    "\"original_interval\":[%.6f,%.6f],\"correlation\":%.4f," \
		    "\"agreement\":0.7,\"tempo_ratio\":1.0,", start, end,
		    start / 16000, end / 16000, 0.5 + p / 2
		printf "\"transposition_semitones\":3.02,\"voiced_sec\":9.5," \
		    "\"margin\":0.21,\"probability\":%.6f," \
		    "\"check_by_crowdsource\":false,\"decision\":\"%s\"," \
		    "\"history\":[{\"tool\":\"chad-align\",\"version\":\"0.1\"," \
		    "\"options\":\"\",\"model\":\"%s\"}]}\n", p,
		    word[i % 3 + 1], model
	}
}'
