"""Spoiled files through a command: mutate.py COMMAND N SEED BATCH FILE ...

N files, each one of FILE with bits flipped, cut off, a stretch removed, doubled
or zeroed, or the beginning of another FILE in front, are decoded by COMMAND,
BATCH of them a process.  Every one must become a record with "decode" or
"error", and a process may take 10 s of processor time and 500 MB for all of
its files.  The files of a batch that fails are kept.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

MAX_SEC = 10
MAX_KB = 500000
MAX_CLOCK_SEC = 300


def spoil(data, others, r):
    kind = r.choice(["bits", "bits", "header", "cut", "remove", "double",
                     "zero", "noise", "swap"])
    n = len(data)
    a = r.randrange(n)
    b = min(n, a + 1 + int(n * r.random() ** 3))
    if kind == "bits":
        for _ in range(r.choice([1, 3, 10, 100, 1000])):
            data[r.randrange(n)] ^= 1 << r.randrange(8)
    elif kind == "header":
        for _ in range(r.choice([1, 2, 5, 20])):
            data[r.randrange(min(n, 600))] = r.randrange(256)
    elif kind == "cut":
        del data[a:]
    elif kind == "remove":
        del data[a:b]
    elif kind == "double":
        data[a:a] = data[a:b]
    elif kind == "zero":
        data[a:b] = bytes(b - a)
    elif kind == "noise":
        data[a:b] = r.randbytes(b - a)
    else:
        n_head = r.choice([16, 64, 512, 4096])
        data[:n_head] = r.choice(others)[:n_head]
    return data


def write_batch(folder, numbers, seed, names, sounds):
    """Spoiled files and their manifest; every fourth is asked for a part."""
    with open(os.path.join(folder, "list.jsonl"), "w") as manifest:
        for k in numbers:
            r = random.Random(seed * 1000003 + k)
            i = k % len(names)
            data = spoil(bytearray(sounds[i]), sounds, r)
            if r.random() < 0.3 and data:
                data = spoil(data, sounds, r)
            name = f"{k}.{names[i].rsplit('.', 1)[1]}"
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
            record = {"id": str(k), "audio_filepath": name}
            if k % 4 == 3:
                record.update(offset=3.2, duration=0.3)
            print(json.dumps(record), file=manifest)


def run(command, folder):
    """Decode a batch: what is wrong (or ""), seconds, kB, sounds."""
    with open(os.path.join(folder, "out"), "w+") as out, \
            open(os.path.join(folder, "err"), "w") as err:
        p = subprocess.Popen(["timeout", "-k", "9", str(MAX_CLOCK_SEC),
                              command, "--quiet", "--threads", "1",
                              "--accept-truncated", "--work",
                              os.path.join(folder, "work"),
                              os.path.join(folder, "list.jsonl")],
                             stdout=out, stderr=err)
        _, status, usage = os.wait4(p.pid, 0)
        out.seek(0)
        lines = out.read().splitlines()
    shutil.rmtree(os.path.join(folder, "work"), ignore_errors=True)
    sec = usage.ru_utime + usage.ru_stime
    n_sound = sum('"decode":' in line for line in lines)
    n_error = sum('"error":' in line for line in lines)
    with open(os.path.join(folder, "list.jsonl")) as f:
        n_wanted = len(f.readlines())
    wrong = ""
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        wrong = f"status {os.waitstatus_to_exitcode(status)}"
    elif n_sound + n_error != n_wanted:
        wrong = f"{n_sound + n_error} records of {n_wanted}"
    elif sec > MAX_SEC or usage.ru_maxrss > MAX_KB:
        wrong = f"{sec:.1f} s and {usage.ru_maxrss} kB"
    return wrong, sec, usage.ru_maxrss, n_sound


def main():
    command, n, seed, n_batch = sys.argv[1], *map(int, sys.argv[2:5])
    names = sys.argv[5:]
    sounds = []
    for name in names:
        with open(name, "rb") as f:
            sounds.append(f.read())
    n_failed, most_sec, most_kb, n_sound = 0, 0, 0, 0
    for first in range(0, n, n_batch):
        folder = tempfile.mkdtemp(prefix="mutated.")
        numbers = range(first, min(n, first + n_batch))
        write_batch(folder, numbers, seed, names, sounds)
        wrong, sec, kb, n_good = run(command, folder)
        most_sec, most_kb = max(most_sec, sec), max(most_kb, kb)
        n_sound += n_good
        if wrong:
            n_failed += 1
            print(f"FAIL: {wrong}; see {folder}")
        else:
            shutil.rmtree(folder)
    print(f"{n_sound} became sound, the others a sentence; {n_batch} files "
          f"took at most {most_sec:.1f} s and {most_kb} kB", file=sys.stderr)
    print(f"{n} spoiled files, {n_failed} batches failed")
    sys.exit(n_failed > 0)


main()
