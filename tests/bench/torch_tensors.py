"""The weights of a model for PyTorch."""
import json

import numpy as np
import torch


def read(path):
    """The tensors of a safetensors file, all of them F32."""
    with open(path, "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        body = f.read()
    tensors = {}
    for name, t in header.items():
        if name != "__metadata__":
            begin, end = t["data_offsets"]
            tensors[name] = torch.tensor(np.frombuffer(
                body[begin:end], "<f4").reshape(t["shape"]))
    return tensors
