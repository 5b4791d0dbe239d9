# Of the fragments, how many map the same melody onto each other by the pitches
# that people labelled?  cover_pairs.tsv knows one place of a clip in the other
# singer's song; a melody that comes again in the next verse is found too, and
# this tells it from a mistake.
#
# usage: awk -f labelled_pitch.awk CLIPS CLIP.pv ... FRAGMENTS
#
# CLIPS: recording <tab> clip <tab> samples, in order, with gap samples between
# (-v gap=16000 -v rate=16000).  CLIP.pv: seconds <tab> Hz, 0 where unvoiced.
# A fragment agrees when 60 per cent of the frames in which both sing lie within
# 0.75 semitone of their most frequent interval, octaves aside.  Of fragments
# moved by 1 to 13 seconds in one song, one in twenty does.

function text_of(name, s) {
	s = $0
	if (!sub(".*\"" name "\":\"", "", s))
		return ""
	sub("\".*", "", s)
	return s
}

# Put the two numbers of a list into start[name] and end[name].
function read_interval(name, s, part) {
	s = $0
	sub(".*\"" name "\":\\[", "", s)
	sub("\\].*", "", s)
	split(s, part, ",")
	start[name] = part[1]
	end[name] = part[2]
}

# The share of frames within 0.75 semitone of one interval, which of 48 in an
# octave is best; -1 when both sing for less than a second.
function agreement(a, b, n, k, i, t, f, g, d, best, count, n_frames, from_sec) {
	for (k = 0; k < 48; k++)
		count[k] = 0
	n = 0
	from_sec = start["original_interval"]
	n_frames = 100 * (end["original_interval"] - from_sec)
	for (i = 0; i < n_frames; i++) {
		t = start["interval"] + ratio * i / 100
		f = pitch[a, int(100 * from_sec + i + 0.5)]
		g = pitch[b, int(100 * t + 0.5)]
		if (f == "" || g == "")
			continue
		n++
		d = 4 * ((g - f + 1200) % 12)
		for (k = 0; k < 48; k++)
			if ((d - k + 96) % 48 <= 3 || (k - d + 96) % 48 <= 3)
				count[k]++
	}
	best = 0
	for (k = 0; k < 48; k++)
		if (count[k] > best)
			best = count[k]
	return n < 100 ? -1 : best / n
}

FILENAME == ARGV[1] {
	split($0, field, "\t")
	place[field[2]] = from[field[1]] / rate
	of[field[2]] = field[1]
	known[field[1]] = 1
	from[field[1]] += field[3] + gap
	next
}
FILENAME ~ /\.pv$/ {
	if (FNR == 1) {
		clip = FILENAME
		sub(".*/", "", clip)
		sub("\\.pv$", "", clip)
	}
	frame = int(100 * (place[clip] + $1) + 0.5)
	if ($2 > 0)
		pitch[of[clip], frame] = 12 * log($2 / 440) / log(2)
	next
}
{
	kind = text_of("decision")
	a = text_of("original_id")
	b = text_of("id")
	if (kind == "" || !(a in known) || !(b in known))
		next
	read_interval("original_interval")
	read_interval("interval")
	ratio = end["interval"] - start["interval"]
	ratio /= end["original_interval"] - start["original_interval"]
	share = agreement(a, b)
	if (share < 0)
		next
	n[kind]++
	right[kind] += (share >= 0.6)
}
END {
	printf "the same melody by labelled pitch: kept %d of %d, " \
	    "flagged %d of %d, dropped %d of %d\n", right["keep"], n["keep"],
	    right["flag"], n["flag"], right["drop"], n["drop"]
}
