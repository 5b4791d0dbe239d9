#!/usr/bin/python3
"""Training of the encoder "embed-resnet" in PyTorch, to be timed beside ours.

make INPUT RECIPE ITEMS     a random batch of images, and factors of the loss
run RECIPE WEIGHTS INPUT RUNS THREADS ITEMS FINGERPRINTS
                            print seconds of processor time and of the clock of
                            a step with AdamW, the medians of RUNS in the
                            quicker of PyTorch's two layouts, and the largest
                            difference of a fingerprint from FINGERPRINTS;
                            that only with one thread, as ours takes the
                            statistics of a norm over a block

Written from embed/embed_net.h and embed/embed_net.c.
"""
import json
import sys
import time

import numpy as np
import torch
from torch import nn

from torch_tensors import read

BINS = 80


def conv(c_in, c_out, kernel, stride):
    return nn.Conv2d(c_in, c_out, kernel, stride,
                     [k // 2 for k in kernel], bias=False)


class Block(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.conv1 = conv(c_in, c_out, (3, 3), stride)
        self.conv2 = conv(c_out, c_out, (3, 3), 1)
        self.norm1 = nn.BatchNorm2d(c_out)
        self.norm2 = nn.BatchNorm2d(c_out)
        self.conv0 = self.norm0 = None
        if stride != 1 or c_in != c_out:
            self.conv0 = conv(c_in, c_out, (1, 1), stride)
            self.norm0 = nn.BatchNorm2d(c_out)

    def forward(self, x):
        y = torch.relu_(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.conv0 is not None:
            x = self.norm0(self.conv0(x))
        return torch.relu_(y + x)


class Net(nn.Module):
    """[n][1][80][columns] to [n][dimension]."""

    def __init__(self, net):
        super().__init__()
        channels = net["channels"]
        stem = nn.Module()
        stem.conv = conv(1, channels[0], (net.get("stem_kernel_bins", 7),
                                          net.get("stem_kernel_columns", 5)),
                         (net["stem_stride_bins"],
                          net["stem_stride_columns"]))
        stem.norm = nn.BatchNorm2d(channels[0])
        self.stem = stem
        self.pools = net.get("stem_pool", 0) == 3
        self.stages = []
        before = channels[0]
        for s, c in enumerate(channels[1:]):
            stage = nn.Module()
            for b in range(net["blocks"]):
                stride = 1 if b else net["first_stride"] if s == 0 else 2
                setattr(stage, f"block{b + 1}", Block(before, c, stride))
                before = c
            setattr(self, f"stage{s + 1}", stage)
            self.stages.append(stage)
        if net["head"] != "mean":
            raise SystemExit("only the head \"mean\" is known here")
        self.dense = nn.Linear(before, net["dimension"])

    def forward(self, x):
        x = torch.relu_(self.stem.norm(self.stem.conv(x)))
        if self.pools:
            x = nn.functional.max_pool2d(x, 3, 2, 1)
        for stage in self.stages:
            for block in stage.children():
                x = block(x)
        return nn.functional.normalize(self.dense(x.mean((2, 3))))


def make(path, recipe, items):
    with open(recipe) as f:
        net = json.load(f)["network"]
    random = np.random.default_rng(1)
    n = items * (BINS * net["n_columns"] + net["dimension"])
    random.standard_normal(n, "float32").tofile(path)


def measure(layout, net, tensors, x, factors, runs):
    """Processor and clock seconds of a step, and the first fingerprints."""
    model = Net(net)
    model.load_state_dict(tensors, strict=False)
    model = model.to(memory_format=layout)
    x = x.to(memory_format=layout)
    moves = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.01)
    spent, took, first = [], [], None
    for _ in range(runs + 1):
        begun, begun_at = time.process_time(), time.perf_counter()
        moves.zero_grad()
        y = model(x)
        (y * factors).sum().backward()
        moves.step()
        spent.append(time.process_time() - begun)
        took.append(time.perf_counter() - begun_at)
        first = y.detach().numpy().copy() if first is None else first
    return np.median(spent[1:]), np.median(took[1:]), first


def run(recipe, weights, path, runs, threads, items, fingerprints):
    torch.set_num_threads(threads)
    with open(recipe) as f:
        net = json.load(f)["network"]
    values = np.fromfile(path, "<f4")
    n = items * BINS * net["n_columns"]
    x = torch.tensor(values[:n].reshape(items, 1, BINS, net["n_columns"]))
    factors = torch.tensor(values[n:].reshape(items, net["dimension"]))
    found = [measure(layout, net, read(weights), x, factors, runs)
             for layout in (torch.contiguous_format, torch.channels_last)]
    ours = np.fromfile(fingerprints, "<f4").reshape(items, -1)
    difference = "-"
    if threads == 1:
        difference = f"{np.abs(found[0][2] - ours).max():.1e}"
    print(f"{min(f[0] for f in found):.6f} {min(f[1] for f in found):.6f} "
          f"{difference}")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        run(*sys.argv[2:5], *map(int, sys.argv[5:8]), sys.argv[8])
