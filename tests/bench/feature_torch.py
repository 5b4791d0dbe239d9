"""Times faster than real time of features in PyTorch, on one thread.

The way librosa has them: all frames at once, the filters as one product, of a
CQT octave by octave.  Lines "feature_KIND value x" as of bench_feature.c.
"""
import os
import sys
import time

import numpy as np
import scipy.signal
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "fixtures"))
import features  # noqa: E402

RATE, SECONDS, RUNS = 22050, 60, 5
torch.set_num_threads(1)
HANN = torch.hann_window(2048)
MEL = torch.tensor(features.mel_bank(RATE, 2048), dtype=torch.float32)
DCT = torch.tensor(features.scipy.fft.dct(
    np.eye(128), axis=0, norm="ortho")[:20], dtype=torch.float32)
M = np.arange(-194, 195)
TAPS = torch.tensor(0.4784075 * np.sinc(0.4784075 * M) * np.i0(
    13.04 * np.sqrt(1 - (M / 194.5) ** 2)) / np.i0(13.04) * np.sqrt(2),
    dtype=torch.float32).numpy()
R = 2.0 ** (1 / 6)
Q = (R + 1) / (R - 1)
FREQS = features.C1 * 2.0 ** (np.arange(84) / 12)
BANKS = [features.cqt_bank(RATE / 2 ** i, FREQS[72 - 12 * i:84 - 12 * i], Q,
                           0.01) for i in range(7)]
BANKS = [(torch.tensor(b, dtype=torch.complex64), n) for b, n in BANKS]


def stft(x, n_fft=2048, hop=512, window=HANN):
    return torch.stft(x, n_fft, hop, window=window, pad_mode="constant",
                      return_complex=True)


def mel(x):
    return MEL @ stft(x).abs() ** 2


def mfcc(x):
    db = 10 * torch.log10(mel(x).clamp(min=1e-10))
    return DCT @ db.clamp(min=float(db.max()) - 80)


def cqt(x):
    rows, hop = [], 512
    for bank, n_fft in BANKS:
        rows.append((bank @ stft(x, n_fft, hop, torch.ones(n_fft))).abs())
        x = torch.from_numpy(scipy.signal.upfirdn(
            TAPS, x.numpy(), 1, 2)[97:97 + (len(x) + 1) // 2])
        hop //= 2
    return torch.cat([r[:, :rows[0].shape[1]] for r in rows[::-1]])


noise = torch.randn(RATE * SECONDS) * 0.1
for kind, run in (("stft", stft), ("mel", mel), ("mfcc", mfcc), ("cqt", cqt)):
    best = 1e9
    for _ in range(RUNS):
        begun = time.process_time()
        run(noise)
        best = min(best, time.process_time() - begun)
    print(f"feature_{kind} {SECONDS / best:.1f} x")
