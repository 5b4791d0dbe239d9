#!/usr/bin/python3
"""The network of Open-Unmix in PyTorch, to be timed beside ours.

make WEIGHTS MAGNITUDES N   random weights of the published size, saved as
                            torch.save does, and N frames of random magnitudes
run WEIGHTS MAGNITUDES RUNS ESTIMATE
                            print seconds of processor time on one thread, the
                            median of RUNS, and how far ESTIMATE is from this
                            one's, as a share of its root mean square: the root
                            mean square and the largest of the differences

The network is that of tests/fixtures/umx_voice.py.
"""
import os
import sys
import time

import numpy as np
import torch

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "fixtures"))
from umx_voice import Net  # noqa: E402

BINS, HEARD, HIDDEN = 2049, 1487, 512


def make(weights, magnitudes, n_frames):
    torch.manual_seed(1)
    net = Net(BINS, HEARD, HIDDEN)
    with torch.no_grad():
        net.input_mean.copy_(-2 * torch.rand(HEARD))
        net.input_scale.copy_(0.2 + torch.rand(HEARD))
        net.output_mean.copy_(torch.rand(BINS))
        net.output_scale.copy_(0.2 + torch.rand(BINS))
        for norm in net.bn1, net.bn2, net.bn3:
            norm.weight.copy_(0.5 + torch.rand(norm.weight.shape))
            norm.bias.copy_(0.1 * torch.randn(norm.bias.shape))
            norm.running_mean.copy_(0.1 * torch.randn(norm.bias.shape))
            norm.running_var.copy_(0.5 + torch.rand(norm.bias.shape))
    torch.save(net.state_dict(), weights)
    torch.abs(torch.randn(n_frames, 2, BINS)).numpy().astype("<f4") \
        .tofile(magnitudes)


def run(weights, magnitudes, n_runs, estimate):
    torch.set_num_threads(1)
    net = Net(BINS, HEARD, HIDDEN)
    net.load_state_dict(torch.load(weights))
    net.eval()
    x = torch.tensor(np.fromfile(magnitudes, "<f4").reshape(-1, 2, BINS))
    seconds = []
    with torch.no_grad():
        net(x[:8])
        for _ in range(n_runs):
            begun = time.process_time()
            y = net(x)
            seconds.append(time.process_time() - begun)
    y = y.numpy().astype("f8").ravel()
    apart = abs(np.fromfile(estimate, "<f4") - y) / np.sqrt(np.mean(y * y))
    print("%.6f %.2g %.2g" % (sorted(seconds)[n_runs // 2],
                              np.sqrt(np.mean(apart * apart)), apart.max()))


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3], int(sys.argv[4]))
else:
    run(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
