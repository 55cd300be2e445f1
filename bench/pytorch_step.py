"""The other side of `bench step`: reads one request a line, answers one line of JSON. See bench/pytorch.ts."""

import json
import resource
import statistics
import sys
import time
from pathlib import Path

from pytorch_peer import greet

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
import pytorch_nets as nets

torch.manual_seed(0)
greet(int(sys.argv[1]))

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
NETS = {
    "small CNN": (nets.small_cnn, lambda n: torch.randn(n, 3, 32, 32)),
    "WRN-28-2": (nets.wide_resnet, lambda n: torch.randn(n, 3, 32, 32)),
    "MLP": (nets.mlp, lambda n: torch.randn(n, 784)),
    "LSTM 784": (nets.Lstm, lambda n: torch.randn(n, 784, 1)),
    "MobileNetV1-0.25": (nets.mobile_net, lambda n: torch.randn(n, 3, 96, 96)),
    "encoder": (nets.Encoder, lambda n: torch.randint(0, 1000, (n, 64))),
}


class Contender:
    """A net in a memory format."""

    def __init__(self, net, size, format):
        make, inputs = NETS[net]
        self.x = inputs(size)
        self.images = self.x.dim() == 4
        self.model = make().to(memory_format=FORMATS[format]) if self.images else make()
        if self.images:
            self.x = self.x.to(memory_format=FORMATS[format])
        self.y = torch.randint(0, 10, (size,))
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.01, momentum=0.9)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(self.model(self.x), self.y).backward()
        self.optimizer.step()

    def forward(self):
        with torch.inference_mode():
            self.model(self.x)


contenders = {}
for line in sys.stdin:
    verb, format, *rest = line.strip().split(" ", 3)
    if verb == "net":
        contenders[format] = Contender(rest[1], int(rest[0]), format)
        print(json.dumps({"images": contenders[format].images}), flush=True)
        continue
    contender = contenders[format]
    contender.model.train(verb == "step")
    # As in ours.ts: one after the other, as in training.
    took, cpu = [], time.process_time()
    while sum(took) < 0.05:
        start = time.perf_counter()
        contender.step() if verb == "step" else contender.forward()
        took.append(time.perf_counter() - start)
    milliseconds, cpu = statistics.median(took) * 1e3, (time.process_time() - cpu) * 1e3 / len(took)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"milliseconds": milliseconds, "cpu": cpu, "peak": peak}), flush=True)
