#!/usr/bin/python3
"""Make the fingerprints and pitch tracks beside this file.

Works are smooth random curves on the sphere of 32 dimensions with random
melodies; "o" plays the first, "c" its seconds 3 to 18 at 1.1 times the length
and 3 semitones higher, "d" another work.
"""
import numpy

WINDOW, HOP, FRAME, DIMS, NOTE = 3.0, 0.5, 0.05, 32, 0.4


def work(seed):
    r = numpy.random.RandomState(seed)
    speed = r.uniform(0, numpy.pi / 2, DIMS)
    phase = r.uniform(0, 2 * numpy.pi, DIMS)
    notes = r.randint(-6, 7, 100)

    def fingerprints(t):
        v = numpy.sin(speed * t[:, None] + phase)
        v /= numpy.linalg.norm(v, axis=1, keepdims=True)
        return v.astype("<f4")

    def pitch(t, semitones):
        note = notes[(t / NOTE).astype(int)]
        return numpy.where(note % 6 == 5, 0,
                           220 * 2 ** ((note + semitones) / 12))
    return fingerprints, pitch


def play(name, seed, start, end, ratio, semitones):
    fingerprints, pitch = work(seed)
    length = (end - start) * ratio
    n_windows = int((length - WINDOW) / HOP) + 1
    centres = numpy.arange(n_windows) * HOP + WINDOW / 2
    numpy.save(name + ".npy", fingerprints(centres / ratio + start))
    times = numpy.arange(int(length / FRAME)) * FRAME
    with open(name + ".f0.csv", "w") as f:
        f.write("time,frequency,confidence\n")
        for t, hz in zip(times, pitch(times / ratio + start, semitones)):
            f.write("%.3f,%.3f,%.6f\n" % (t, hz, 0.9 if hz > 0 else 0.1))


play("o", 1, 0, 20, 1.0, 0)
play("c", 1, 3, 18, 1.1, 3)
play("d", 2, 0, 15, 1.0, 0)
