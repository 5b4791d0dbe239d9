#!/usr/bin/python3
"""The separation network "mask-tdf" in PyTorch, to be timed beside ours.

make INPUT N                N patches of random input
run MODEL INPUT RUNS THREADS MASKS
                            print seconds of processor time and of the clock for
                            all patches of INPUT as one batch, the medians of
                            RUNS in the quicker of PyTorch's two layouts, and
                            the largest difference of a value from MASKS

Written from separate/separate_net.h and separate/separate_net.c.
"""
import sys
import time

import numpy as np
import torch
from torch.nn.functional import conv2d, conv_transpose2d, linear

from torch_tensors import read

FRAMES, BINS, LEVELS = 512, 512, 4


class Net(torch.nn.Module):
    """[n][1][frames][bins] to the same."""

    def __init__(self, tensors):
        super().__init__()
        self.w = tensors
        self.norms = torch.nn.ModuleDict()
        for name in tensors:
            if not name.endswith(".running_mean"):
                continue
            name = name[:-len(".running_mean")]
            norm = torch.nn.BatchNorm2d(len(tensors[name + ".weight"]))
            norm.load_state_dict({k: tensors[name + "." + k] for k in (
                "weight", "bias", "running_mean", "running_var")},
                strict=False)
            self.norms[name] = norm

    def norm_relu(self, name, x):
        return torch.relu_(self.norms[name + "_norm"](x))

    def conv(self, name, x, stride, padding, f=conv2d):
        return self.norm_relu(name, f(x, self.w[name + ".weight"],
                                      stride=stride, padding=padding))

    def block(self, name, x):
        y = self.conv(name + "_conv1", x, 1, 1)
        x = x + self.conv(name + "_conv2", y, 1, 1)
        y = x
        for what in "_narrow", "_wide":
            y = self.norm_relu(name + what,
                               linear(y, self.w[name + what + ".weight"]))
        return x + y

    def forward(self, x):
        x = self.conv("fold0_conv", x, (1, 2), 1)
        skip = []
        for i in range(LEVELS):
            if i > 0:
                x = self.conv("down%d_conv" % i, x, 2, 0)
            x = self.block("in%d" % i, x)
            skip.append(x)
        for i in reversed(range(LEVELS - 1)):
            x = self.conv("up%d_conv" % i, x, 2, 0, conv_transpose2d)
            x = self.block("out%d" % i, x + skip[i])
        x = self.conv("unfold0_conv", x, (1, 2), 1, conv_transpose2d)
        return torch.sigmoid(conv2d(x, self.w["last.weight"],
                                    self.w["last.bias"], padding=1))


def measure(net, x, n_runs):
    spent, took = [], []
    for i in range(n_runs + 1):
        begun, begun_at = time.process_time(), time.monotonic()
        y = net(x)
        if i > 0:
            spent.append(time.process_time() - begun)
            took.append(time.monotonic() - begun_at)
    return sorted(spent)[n_runs // 2], sorted(took)[n_runs // 2], y


def run(model, given, n_runs, n_threads, masks):
    torch.set_num_threads(n_threads)
    x = torch.tensor(np.fromfile(given, "<f4").reshape(-1, 1, FRAMES, BINS))
    results = []
    with torch.no_grad():
        for layout in torch.contiguous_format, torch.channels_last:
            tensors = read(model)
            for name, t in tensors.items():
                if t.dim() == 4:
                    tensors[name] = t.contiguous(memory_format=layout)
            net = Net(tensors).eval()
            results.append(measure(net, x.contiguous(memory_format=layout),
                                   n_runs))
    spent, took, y = min(results, key=lambda r: r[0])
    apart = abs(np.fromfile(masks, "<f4") - y.contiguous().numpy().ravel())
    print("%.6f %.6f %.2g" % (spent, took, apart.max()))


if sys.argv[1] == "make":
    torch.manual_seed(1)
    torch.rand(int(sys.argv[3]), FRAMES, BINS).mul_(1.5).numpy() \
        .astype("<f4").tofile(sys.argv[2])
else:
    run(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]),
        sys.argv[6])
