#!/usr/bin/env python3
"""Writes test/fixtures/pytorch/<net>.json: what PyTorch makes of small versions of the networks of the experiments.

Each file holds the first weights, a batch, a sample of the gradients of the first step and the losses of five steps of SGD with momentum, all in
the layout of TensorFlow.js and in the order of its layers' weights. Run from the root of the repository.
"""

import base64
import json
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

import pytorch_nets as nets

RATE, MOMENTUM, STEPS = 0.05, 0.9, 5


def floats(tensor):
    data = base64.b64encode(tensor.detach().contiguous().numpy().astype("<f4").tobytes()).decode()
    return {"shape": list(tensor.shape), "data": data}


def sample(tensor):
    """Every n-th number, at most 512: gradients are many, and wrong in more than one place if they are wrong."""
    every = max(1, -(-tensor.numel() // 512))
    return {"every": every, **floats(tensor.reshape(-1)[::every])}


def kernel(tensor):
    """A weight as TensorFlow.js has it: filters [h, w, in, out], matrices [in, out]."""
    if tensor.dim() == 4:
        return tensor.permute(2, 3, 1, 0)
    return tensor.t() if tensor.dim() == 2 else tensor


def weights(module, of):
    """The weights (or what `of` takes from them, their gradients) in TensorFlow.js's order."""
    if isinstance(module, nn.LSTM):
        # Gates i, f, g, o on both sides; two biases that are only ever added.
        first = [kernel(of(module.weight_ih_l0)), kernel(of(module.weight_hh_l0))]
        return first + [of(module.bias_ih_l0)]
    if isinstance(module, nets.SampleNormalization):
        return [of(module.gain), of(module.bias)]
    own = [of(p) for p in module.parameters(recurse=False)]
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        return [kernel(p) for p in own]
    assert not own, type(module)
    return [w for child in module.children() for w in weights(child, of)]


def fixture(name, model, x, classes=10):
    for module in model.modules():
        if isinstance(module, nn.LSTM):
            nn.init.zeros_(module.bias_hh_l0)
            module.bias_hh_l0.requires_grad_(False)
    y = torch.arange(len(x)) % classes
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], RATE, momentum=MOMENTUM)
    record = {"rate": RATE, "momentum": MOMENTUM, "weights": [floats(w) for w in weights(model, lambda p: p.data)]}
    record["x"] = floats(x.permute(0, 2, 3, 1) if x.dim() == 4 else x)
    record["labels"] = y.tolist()
    record["losses"] = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        if step == 0:
            record["gradients"] = [sample(g) for g in weights(model, lambda p: p.grad)]
        optimizer.step()
        record["losses"].append(loss.item())
    path = Path("test/fixtures/pytorch") / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record) + "\n")
    print(path, path.stat().st_size)


torch.manual_seed(0)
torch.set_num_threads(1)
fixture("small-cnn", nets.small_cnn(size=8), torch.randn(3, 3, 8, 8))
fixture("wide-resnet", nets.wide_resnet(depth=10, width=1), torch.randn(2, 3, 8, 8))
fixture("mlp", nets.mlp((12, 16, 16, 10)), torch.randn(8, 12))
fixture("lstm", nets.Lstm(units=8), torch.randn(5, 12, 1))
