#!/usr/bin/python3
"""CREPE's network in PyTorch, to be timed beside ours.

frames OUT N LIST           cut the sounds named in LIST (16 kHz, mono, 16 bit)
                            into frames every 10 ms, as many as N
random OUT CAPACITY         a model with random weights
run MODEL FRAMES RUNS FILE... print frames per second of processor time on one
                            thread, median of RUNS, and the largest difference
                            to the activations in each FILE

The network is that of Kim et al. (ICASSP 2018) with the paddings of Keras, in
plain Conv2d layers, 512 frames at a time.  Models are safetensors files of
these tools.
"""
import json
import struct
import sys
import time
import wave

import numpy as np
import torch
import torch.nn.functional as F

BATCH = 512
FILTERS = [32, 4, 4, 4, 8, 16]
CAPACITIES = {"tiny": 4, "small": 8, "medium": 16, "large": 24, "full": 32}


def cut(out, n, sounds):
    frames = []
    for path in open(sounds).read().split("\n")[:-1]:
        with wave.open(path) as sound:
            x = np.frombuffer(sound.readframes(-1), "<i2") / np.float32(32768)
        x = np.pad(x, 512)
        for k in range(0, len(x) - 1023, 160):
            frame = x[k:k + 1024]
            if frame.std() > 1e-4 and len(frames) < n:
                frames.append((frame - frame.mean()) / frame.std())
    np.array(frames, "<f4").tofile(out)


def shapes(capacity):
    n_in, m = 1, CAPACITIES[capacity]
    for i, n in enumerate(FILTERS):
        taps = (4, 128) if i == 0 else (n_in, 64)
        yield "conv%d.weight" % (i + 1), (n * m, *taps, 1)
        yield "conv%d.bias" % (i + 1), (n * m,)
        for what in "weight", "bias", "running_mean", "running_var":
            yield "conv%d_BN.%s" % (i + 1, what), (n * m,)
        n_in = n * m
    yield "classifier.weight", (360, 4 * n_in)
    yield "classifier.bias", (360,)


def save_random(out, capacity):
    rng = np.random.default_rng(1)
    header, blobs, at = {}, [], 0
    for name, shape in shapes(capacity):
        n_fan = int(np.prod(shape[1:]))
        values = rng.standard_normal(shape) * np.sqrt(2 / max(n_fan, 1))
        if name.endswith("running_var") or name.endswith("BN.weight"):
            values = np.ones(shape)
        elif len(shape) == 1:
            values = values * 0.1
        blob = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    header["__metadata__"] = {
        "format": "chad-model 1", "licence": "CC0-1.0",
        "network": json.dumps({"architecture": "crepe",
                               "capacity": capacity})}
    text = json.dumps(header).encode()
    with open(out, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path):
    data = open(path, "rb").read()
    n = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, t in json.loads(data[8:n]).items():
        if name != "__metadata__":
            first, last = t["data_offsets"]
            values = np.frombuffer(data[n + first:n + last], "<f4")
            tensors[name] = torch.tensor(values.reshape(t["shape"]))
    # Tap 4 * k + p of the first layer is stored at [p][k].
    w = tensors["conv1.weight"]
    tensors["conv1.weight"] = w.permute(0, 2, 1, 3).reshape(-1, 1, 512, 1)
    return tensors


class Crepe(torch.nn.Module):
    def __init__(self, n_filters):
        super().__init__()
        n_in = 1
        for i, n in enumerate(n_filters):
            first = i == 0
            self.add_module("conv%d" % (i + 1), torch.nn.Conv2d(
                n_in, n, (512 if first else 64, 1), (4 if first else 1, 1)))
            self.add_module("conv%d_BN" % (i + 1), torch.nn.BatchNorm2d(
                n, eps=0.001))
            n_in = n
        self.classifier = torch.nn.Linear(4 * n_in, 360)

    def forward(self, x):
        x = x[:, None, :, None]
        for i in range(6):
            x = F.pad(x, (0, 0, 254, 254) if i == 0 else (0, 0, 31, 32))
            x = F.relu(getattr(self, "conv%d" % (i + 1))(x))
            x = getattr(self, "conv%d_BN" % (i + 1))(x)
            x = F.max_pool2d(x, (2, 1), (2, 1))
        x = x.permute(0, 2, 1, 3).reshape(len(x), -1)
        return torch.sigmoid(self.classifier(x))


def run(model, frames, n_runs, others):
    torch.set_num_threads(1)
    tensors = load(model)
    net = Crepe([len(tensors["conv%d.bias" % (i + 1)]) for i in range(6)])
    net.load_state_dict(tensors, strict=False)
    net.eval()
    x = torch.tensor(np.fromfile(frames, "<f4").reshape(-1, 1024))
    seconds = []
    with torch.no_grad():
        net(x[:8])
        for _ in range(n_runs):
            begun = time.process_time()
            y = torch.cat([net(x[k:k + BATCH])
                           for k in range(0, len(x), BATCH)])
            seconds.append(time.process_time() - begun)
    print("%.1f" % (len(x) / sorted(seconds)[len(seconds) // 2]), *(
        "%.2g" % abs(y.numpy() - np.fromfile(other, "<f4").reshape(-1, 360))
        .max() for other in others))


if sys.argv[1] == "frames":
    cut(sys.argv[2], int(sys.argv[3]), sys.argv[4])
elif sys.argv[1] == "random":
    save_random(sys.argv[2], sys.argv[3])
else:
    run(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:])
