# Track the pitch of the sounds named in a list, a path a line: Praat's
# "To Pitch (ac)" with its defaults but for the range and the two thresholds
# of voicing.  OUT gets NAME.f0.csv, a line every 10 ms.
form Track
	sentence list
	sentence out
	real silence
	real voicing
endform

files = Read Strings from raw text file: list$
n = Get number of strings
for i to n
	selectObject: files
	path$ = Get string: i
	sound = Read from file: path$
	name$ = selected$ ("Sound")
	duration = Get total duration
	pitch = To Pitch (ac): 0.01, 50, 15, "no", silence, voicing, 0.01, 0.35, 0.14, 1100
	text$ = "time,frequency,confidence" + newline$
	for k from 0 to floor (duration / 0.01)
		f0 = Get value at time: k * 0.01, "Hertz", "linear"
		if f0 = undefined
			f0 = 0
		endif
		text$ = text$ + fixed$ (k * 0.01, 3) + "," + fixed$ (f0, 3) + "," + string$ (f0 > 0) + newline$
	endfor
	writeFile: out$ + "/" + name$ + ".f0.csv", text$
	removeObject: sound, pitch
endfor
