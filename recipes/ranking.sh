#!/bin/sh
# Fit the weights of embed/match_cost.c, by which songs are ranked, on made-up
# tunes and hums of them, and judge them on others.
#
#	recipes/ranking.sh [FOLDER]	FOLDER (ranking) is gone on with
#
# What embed/match_cost.c has is not quite that: see embed/match_cost.h.
#
# A third of the hums are by people who cannot hold a tune.  Prints the weights,
# and of the unseen half top-1, top-10 and the expected calibration error of the
# first answer's probability.  BIN is the folder of the commands, THREADS how
# many threads to use, WORKS (500) how many tunes; PYTHON has numpy and scipy.
# Half an hour on two cores.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE CHAD_WORK || true
out=${1:-ranking}
threads=${THREADS:-$(nproc)}
mkdir -p "$out"
cd "$out"
ln -sfn "$top/models" models

if [ ! -e answers.jsonl ]; then
	chad-synth --quiet --threads "$threads" --seed 31 \
	    --works "${WORKS:-500}" --covers 0 --hums 1 --hum-sec 8 \
	    --poor 0.35 --no-audio --activations --out songs
	grep '"audio_type":"original"' songs/manifest.jsonl |
	    chad-embed --quiet --threads "$threads" > embedded.jsonl
	grep '"audio_type":"humming"' songs/manifest.jsonl |
	    chad-embed --quiet --query --threads "$threads" > hums.jsonl
	rm -f songs.chad
	chad-index --quiet --index songs.chad build embedded.jsonl
	chad-search --quiet --threads "$threads" --index songs.chad \
	    --answers 200 hums.jsonl > answers.part
	chad-search --quiet --threads "$threads" --index songs.chad \
	    --no-rescore --answers 200 hums.jsonl > alone.jsonl
	mv answers.part answers.jsonl
fi
"${PYTHON:-python3}" - <<'END'
import json
import numpy as np
from scipy.optimize import minimize

def load(path, parts):
    hums = []
    for line in open(path):
        record = json.loads(line)
        answers = record["search"]["answers"]
        right = [a["work"] == record["group_id"] for a in answers]
        if any(right):
            hums.append((np.array([[part(a) for part in parts]
                                   for a in answers]),
                         np.array([a.get("log_prior", 0) for a in answers]),
                         right.index(True)))
        else:
            hums.append(None)
    return hums

def log_p(hum, weights):
    s = hum[1] - hum[0] @ weights
    s = s - s.max()
    return s - np.log(np.exp(s).sum())

def fit(hums):
    known = [h for h in hums if h is not None]
    def loss(w):
        total, slope = 1e-3 * w @ w, 2e-3 * w
        for h in known:
            lp = log_p(h, w)
            total -= lp[h[2]]
            slope = slope + h[0][h[2]] - np.exp(lp) @ h[0]
        return total, slope
    return minimize(loss, np.zeros(known[0][0].shape[1]), jac=True).x

def judge(hums, weights, what):
    ranks, p = [], []
    for h in hums:
        if h is None:
            ranks.append(10**6)
            continue
        lp = log_p(h, weights)
        ranks.append(1 + int((lp > lp[h[2]]).sum()))
        p.append((np.exp(lp.max()), lp.argmax() == h[2]))
    ranks = np.array(ranks)
    p = np.array(sorted(p), float)
    error = sum(abs((b[:, 0] - b[:, 1]).sum()) for b in
                np.array_split(p, 10)) / len(p)
    print(f"{what}: {len(hums)} hums, top-1 {np.mean(ranks == 1):.3f}, "
          f"top-10 {np.mean(ranks <= 10):.3f}, ECE {error:.3f}")

distance = lambda a: a["distance"]
tempo = lambda a: abs(np.log(a["time_scale"]))
score = lambda a: a["score"]
for name, path, parts in (
        ("fine: distance, tempo, score, drift, motion", "answers.jsonl",
         [distance, tempo, score, lambda a: a["drift"],
          lambda a: a["motion"]]),
        ("coarse: distance, tempo, score", "answers.jsonl",
         [distance, tempo, score]),
        ("score alone", "alone.jsonl", [score])):
    hums = load(path, parts)
    half = fit(hums[::2])
    judge(hums[1::2], half, name + ", unseen half")
    print("  weights of all:", *(f"{w:.2f}" for w in fit(hums)))
END
