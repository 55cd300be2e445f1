"""The other side of `bench step`: reads one request a line, answers one line of JSON. See bench/pytorch.ts."""

import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

try:
    import torch
    import torch.nn.functional as F

    import pytorch_nets as nets
except ImportError as error:
    print(json.dumps({"error": f"{error}"}), flush=True)
    sys.exit(0)

torch.set_num_threads(2)
torch.manual_seed(0)
torch.ones(64, 64) @ torch.ones(64, 64)
with open("/proc/self/maps") as maps:
    openblas = any("openblas" in line for line in maps)
print(json.dumps({"version": torch.__version__, "openblas": openblas}), flush=True)

NETS = {
    "small CNN": lambda: (nets.small_cnn(), torch.randn(128, 3, 32, 32)),
    "WRN-28-2": lambda: (nets.wide_resnet(), torch.randn(128, 3, 32, 32)),
    "MLP": lambda: (nets.mlp(), torch.randn(128, 784)),
    "LSTM 784": lambda: (nets.Lstm(), torch.randn(32, 784, 1)),
}


def step():
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()


def forward():
    with torch.no_grad():
        model(x)


for line in sys.stdin:
    verb, _, argument = line.strip().partition(" ")
    start = time.perf_counter()
    if verb == "net":
        model, x = NETS[argument]()
        y = torch.randint(0, 10, (len(x),))
        optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    elif verb == "step":
        step()
    elif verb == "forward":
        forward()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1e3, "peak": peak}), flush=True)
