"""The other side of `bench input`: a DataLoader with two workers. Arguments: threads, folder, workload, batch size."""

import json
import sys
import time
from pathlib import Path

from pytorch_peer import greet

import numpy
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, Subset

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
import pytorch_nets as nets

torch.manual_seed(0)
threads, folder, name, batch = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
FIRST = 2


class Scenes(Dataset):
    """Pictures scaled until they cover 96 × 96, the middle cut out; JPEG is decoded at the nearest larger of its sizes."""

    def __init__(self):
        from PIL import Image

        self.image = Image
        classes = sorted(p for p in (folder / "train").iterdir() if p.is_dir())
        self.files = [(f, k) for k, c in enumerate(classes) for f in sorted(c.iterdir())]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        file, label = self.files[i]
        with self.image.open(file) as picture:
            picture.draft("RGB", (96, 96))
            picture = picture.convert("RGB")
            scale = 96 / min(picture.size)
            w, h = (max(96, round(side * scale)) for side in picture.size)
            picture = picture.resize((w, h), self.image.BICUBIC)
            x, y = (w - 96) // 2, (h - 96) // 2
            pixels = numpy.asarray(picture.crop((x, y, x + 96, y + 96)), numpy.float32) / 255
        return torch.from_numpy(pixels).permute(2, 0, 1), label


class Cifar(Dataset):
    """Moved by up to a tenth, borders repeated, and mirrored half of the time."""

    def __init__(self):
        parts = [numpy.fromfile(f, numpy.uint8).reshape(-1, 3073) for f in sorted(folder.rglob("data_batch_*.bin"))]
        records = numpy.concatenate(parts)
        self.labels = records[:, 0].astype(numpy.int64)
        self.pixels = records[:, 1:].reshape(-1, 3, 32, 32)

    def __len__(self):
        return 30 * len(self.labels)

    def __getitem__(self, i):
        random = numpy.random.RandomState(i)
        k = i % len(self.labels)
        top, left = random.randint(0, 7, 2)
        x = numpy.pad(self.pixels[k], ((0, 0), (3, 3), (3, 3)), "edge")[:, top : top + 32, left : left + 32]
        if random.rand() < 0.5:
            x = x[:, :, ::-1]
        return torch.from_numpy(x.astype(numpy.float32) / 255), int(self.labels[k])


data = Scenes() if name == "scenes" else Cifar()
model = nets.mobile_net(classes=15) if name == "scenes" else nets.wide_resnet(16, 1)
model.train()
optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
greet(threads)
at = 0


def batches(steps):
    """Another part each time."""
    global at
    count = (FIRST + steps) * batch
    part = Subset(data, [(at + 7 * k) % len(data) for k in range(count)])
    at += count
    return DataLoader(part, batch_size=batch, num_workers=2)


def train(x, y):
    optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(model(x), y).backward()
    optimizer.step()


fixed = next(iter(DataLoader(Subset(data, range(batch)), batch_size=batch)))
for line in sys.stdin:
    what, steps = line.split()
    start = None
    source = ([fixed] * (FIRST + int(steps))) if what == "train" else batches(int(steps))
    for k, (x, y) in enumerate(source):
        if what != "load":
            train(x, y)
        if k == FIRST - 1:
            start = time.perf_counter()
    print(json.dumps({"seconds": (time.perf_counter() - start) / int(steps)}), flush=True)
