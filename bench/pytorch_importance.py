"""The other side of `bench to-loss`: the main job in PyTorch, by uniform SGD and by what `importance()` does.

Reads one request a line, answers one line of JSON. See bench/pytorch.ts and bench/to-loss.ts.
"""

import gzip
import json
import math
import sys
import time
from pathlib import Path

from pytorch_peer import greet

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SETTING = json.loads(sys.argv[2])
FORMAT = torch.channels_last if SETTING["format"] == "channels_last" else torch.contiguous_format
BATCH, RATES, MOMENTUM = SETTING["batch"], SETTING["rates"], SETTING["momentum"]
PRESAMPLE, MIXTURE, POWER = (SETTING[name] for name in ("presample", "mixture", "power"))


def idx(name, header):
    path = Path(SETTING["data"]) / name
    data = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=header).copy())


# All of it as floats in memory: a batch is then one gather.
images = idx("train-images-idx3-ubyte", 16).view(-1, 1, 28, 28).float().div(255).contiguous(memory_format=FORMAT)
labels = idx("train-labels-idx1-ubyte", 8).long()
N = len(labels)
STEPS_PER_EPOCH = math.ceil(N / BATCH)
part = images[:: SETTING["every"]].contiguous(), labels[:: SETTING["every"]].contiguous()


def network():
    # Padding 1 on all sides is the mirror image of TensorFlow's 'same' at stride 2, which pads below and to the right.
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(784, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            # He normal as TensorFlow.js draws it: cut at two standard deviations.
            std = math.sqrt(2 / parameter[0].numel())
            nn.init.trunc_normal_(parameter, std=std, a=-2 * std, b=2 * std)
    return model


def inclusion(p, b):
    """min(1, c p) that sum to b."""
    order = np.argsort(-p)
    sorted = p[order]
    rest = np.cumsum(sorted[::-1])[::-1]
    left = b - np.arange(len(p))
    certain = np.argmin(left * sorted >= rest)
    pi = np.empty(len(p))
    pi[order] = left[certain] / rest[certain] * sorted
    pi[order[:certain]] = 1
    return pi


def systematic(pi, b, random):
    """b different rows, row i with probability pi[i]: equally spaced points on the rows in a random order."""
    order = random.permutation(len(pi))
    sums = np.cumsum(pi[order])
    points = (random.random() + np.arange(b)) * (sums[-1] / b)
    return order[np.searchsorted(sums, points, side="right")]


def resists(before, after, largest):
    """Whether samples are still far from being learned, and no nearer than before: see src/decision/response.ts."""
    return (after > 0.5 * largest) & (after > 0.9 * before)


class Response:
    """The power of the weights where it is measured: see src/decision/response.ts, whose numbers these are."""

    def __init__(self):
        self.resisting, self.all, self.steps = 0.0, 0.0, 0

    def observe(self, before, after, largest):
        self.resisting = 0.98 * self.resisting + after[resists(before, after, largest)].sum()
        self.all = 0.98 * self.all + after.sum()
        self.steps += 1

    def power(self):
        if self.steps < 20 or self.all == 0:
            return 1
        return min(1, max(0, (self.resisting / self.all - 0.3) / 0.4))


class Order:
    """The indices of the shuffled data, an epoch after the other."""

    def __init__(self, random):
        self.random, self.order, self.cursor = random, random.permutation(N), 0

    def next(self, count):
        taken = self.order[self.cursor : self.cursor + count]
        self.cursor += count
        if self.cursor >= N:
            self.cursor -= N
            self.order = self.random.permutation(N)
            taken = np.concatenate([taken, self.order[: self.cursor]])
        return taken


class Run:
    def __init__(self, method, seed, first):
        torch.manual_seed(seed)
        self.model = network().to(memory_format=FORMAT)
        self.optimizer = torch.optim.SGD(self.model.parameters(), RATES[0], momentum=MOMENTUM)
        self.importance = method == "importance"
        # The first step by importance: what pays is not weighed here.
        self.first_by_importance = first
        self.random = np.random.default_rng(seed)
        self.order = Order(self.random)
        # The order of the presamples; a sample that has no score yet counts as the first scores of late do on average.
        self.pools = Order(self.random)
        self.scores = np.full(N, np.nan, np.float32)
        self.first = np.zeros(2)
        # How often each sample resisted, and the largest score of late: see src/methods/score-memory.ts.
        self.resisted = np.zeros(N, np.uint8)
        self.largest = 0.0
        self.response = Response() if POWER == "measured" else None
        self.steps, self.seconds = 0, 0.0

    def draw(self, b):
        pool = self.pools.next(PRESAMPLE * b)
        scores = self.scores[pool].astype(np.float64)
        scores = np.where(np.isnan(scores), self.first[0] / self.first[1], scores) / (1.0 + self.resisted[pool])
        p = (1 - MIXTURE) * scores / max(scores.sum(), 1e-300) + MIXTURE / len(pool)
        pi = inclusion(p, b)
        rows = systematic(pi, b, self.random)
        power = self.response.power() if self.response else POWER
        weights = None if power == 0 else torch.from_numpy(b / (len(pool) * pi[rows])).pow(power).float()
        return pool[rows], weights

    def step(self):
        b = min(BATCH, N - self.steps % STEPS_PER_EPOCH * BATCH)
        by_importance = self.importance and self.steps >= self.first_by_importance
        indices, weights = self.draw(b) if by_importance else (self.order.next(b), None)
        rows = torch.from_numpy(indices)
        y = labels[rows]
        log_p = F.log_softmax(self.model(images[rows]), 1)
        if weights is None:
            loss = F.nll_loss(log_p, y)
        else:
            loss = F.nll_loss(log_p, y, reduction="none") @ weights / b
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.importance:
            error = log_p.detach().exp()
            error[torch.arange(b), y] -= 1
            scores = error.norm(dim=1).numpy()
            before = self.scores[indices]
            new = np.isnan(before)
            if new.any():
                self.first = 0.9 * self.first + (scores[new].sum(), new.sum())
            # Nothing is above it: a sample that was never trained on cannot resist.
            before[new] = np.inf
            if by_importance and self.response:
                self.response.observe(before, scores, self.largest)
            self.largest = max(0.9995 * self.largest, scores.max())
            if by_importance and scores.mean() < 0.95 * self.largest:
                times = self.resisted[indices].astype(np.int16)
                change = np.where(resists(before, scores, self.largest), 1, -1)
                self.resisted[indices] = np.clip(times + change, 0, 255)
            self.scores[indices] = scores
        self.steps += 1

    def turn(self, count):
        start = time.perf_counter()
        for _ in range(count):
            if len(RATES) > 1:
                progress = min(1, (self.seconds + time.perf_counter() - start) / SETTING["seconds"])
                self.optimizer.param_groups[0]["lr"] = RATES[int(progress * (len(RATES) - 1))]
            self.step()
        self.seconds += time.perf_counter() - start
        by_importance = max(0, self.steps - self.first_by_importance) if self.importance else 0
        return {"steps": self.steps, "seconds": self.seconds, "loss": self.loss(), "byImportance": by_importance}

    @torch.no_grad()
    def loss(self):
        batches = zip(*(of.split(500) for of in part))
        return sum(F.cross_entropy(self.model(x), y, reduction="sum").item() for x, y in batches) / len(part[1])


greet(int(sys.argv[1]))

runs = {}
for line in sys.stdin:
    verb, method, *numbers = line.split()
    if verb == "start":
        runs[method] = Run(method, *map(int, numbers))
        print(json.dumps({}), flush=True)
    elif verb == "turn":
        print(json.dumps(runs[method].turn(int(numbers[0]))), flush=True)
