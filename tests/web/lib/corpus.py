"""Flagged fragments of a made-up corpus, as chad-align would write them.

	corpus.py MANIFEST > fragments.jsonl

MANIFEST is of chad-synth, its covers with their truth. Each run of notes that a
cover shares with its original is cut into fragments of some seconds. Every
fourth is put two seconds off, so that there is something to reject. The places
are the truth's, so what a test finds on the page can be told from it.
"""
import json
import sys

LONGEST = 12.0
SHORTEST = 4.0


def pieces(points):
    start = points[0]
    for before, point in zip(points, points[1:]):
        if point[0] - start[0] > LONGEST:
            yield start, before
            start = before
    if points[-1][0] - start[0] > SHORTEST:
        yield start, points[-1]


def main():
    number = 0
    for line in open(sys.argv[1], encoding="utf-8"):
        record = json.loads(line)
        truth = record.get("truth", {})
        for segment in truth.get("segments", []):
            for (a, a0), (b, b0) in pieces(segment["points"]):
                number += 1
                is_wrong = number % 4 == 0
                shift = 2.0 if is_wrong and a0 + 2.0 < b0 else 0.0
                print(json.dumps({
                    "group_id": record["group_id"],
                    "fragment_id": "f%04d" % number,
                    "id": record["id"], "audio_type": record["audio_type"],
                    "original_id": truth["original_id"],
                    "interval": [a, b],
                    "original_interval": [a0 + shift, b0 + shift],
                    "correlation": 0.5, "agreement": 0.6,
                    "tempo_ratio": round((b0 - a0) / (b - a), 4),
                    "transposition_semitones":
                        truth["transposition_semitones"],
                    "probability": round(0.3 + 0.01 * (number % 40), 2),
                    "decision": "flag"}))


main()
