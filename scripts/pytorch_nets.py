"""The networks of src/models in PyTorch, for the bench and the fixtures. Images are [n, c, h, w] here."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class SampleNormalization(nn.Module):
    """Mean and variance over a whole sample, one gain, one bias per channel; ε = 1e-3."""

    def __init__(self, channels):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return F.group_norm(x, 1, self.gain.expand(x.shape[1]), self.bias, 1e-3)


class Same(nn.Conv2d):
    """A convolution padded as TensorFlow does: what is odd goes below and to the right."""

    def forward(self, x):
        (k, s), size = (self.kernel_size[0], self.stride[0]), x.shape[-1]
        pad = max(0, (-(-size // s) - 1) * s + k - size)
        if pad % 2 == 0:
            return F.conv2d(x, self.weight, self.bias, self.stride, pad // 2, groups=self.groups)
        padded = F.pad(x, (pad // 2, pad - pad // 2) * 2)
        return F.conv2d(padded, self.weight, self.bias, self.stride, groups=self.groups)


class Block(nn.Module):
    def __init__(self, before, width, stride):
        super().__init__()
        # In the order in which TensorFlow.js makes the layers' weights: see wide-resnet.ts.
        self.norm1 = SampleNormalization(before)
        self.conv1 = Same(before, width, 3, stride, bias=False)
        self.norm2 = SampleNormalization(width)
        self.conv2 = Same(width, width, 3, bias=False)
        self.shortcut = Same(before, width, 1, stride, bias=False) if before != width or stride != 1 else None

    def forward(self, x):
        y = self.conv2(torch.relu(self.norm2(self.conv1(torch.relu(self.norm1(x))))))
        return y + (x if self.shortcut is None else self.shortcut(x))


def wide_resnet(depth=28, width=2, classes=10):
    layers, before = [Same(3, 16, 3, bias=False)], 16
    for group, channels in enumerate([16 * width, 32 * width, 64 * width]):
        for i in range((depth - 4) // 6):
            layers.append(Block(before, channels, 2 if i == 0 and group > 0 else 1))
            before = channels
    pool = [SampleNormalization(before), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, *pool, nn.Linear(before, classes))


class ChannelsLastFlatten(nn.Module):
    """Flattens in the order of TensorFlow.js."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def small_cnn(size=32, channels=3, classes=10):
    conv = [Same(channels, 32, 3), nn.ReLU(), Same(32, 32, 3), nn.ReLU(), nn.MaxPool2d(2)]
    conv += [Same(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), ChannelsLastFlatten()]
    return nn.Sequential(*conv, nn.Linear(64 * (size // 4) ** 2, 128), nn.ReLU(), nn.Linear(128, classes))


def mlp(sizes=(784, 512, 512, 512, 10)):
    layers = []
    for before, after in zip(sizes, sizes[1:]):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Lstm(nn.Module):
    def __init__(self, units=128, classes=10):
        super().__init__()
        self.lstm = nn.LSTM(1, units, batch_first=True)
        self.dense = nn.Linear(units, classes)

    def forward(self, x):
        return self.dense(self.lstm(x)[0][:, -1])


def mobile_net(width=0.25, classes=10):
    """MobileNetV1 (Howard et al. 2017, table 1): batch normalisation and ReLU6 after each convolution."""
    pairs = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]

    def activated(before, after, kernel, stride, groups=1):
        conv = Same(before, after, kernel, stride, groups=groups, bias=False)
        return [conv, nn.BatchNorm2d(after, eps=1e-3, momentum=0.01), nn.ReLU6()]

    before = int(32 * width)
    layers = activated(3, before, 3, 2)
    for filters, stride in pairs:
        layers += activated(before, before, 3, stride, before)
        layers += activated(before, int(filters * width), 1, 1)
        before = int(filters * width)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))


class Encoder(nn.Module):
    """A transformer encoder that classifies a sequence of words."""

    def __init__(self, length=64, vocabulary=1000, width=128, heads=4, blocks=2, classes=10):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.places = nn.Parameter(0.02 * torch.randn(length, width))
        block = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, batch_first=True)
        self.blocks = nn.TransformerEncoder(block, blocks)
        self.dense = nn.Linear(width, classes)

    def forward(self, x):
        return self.dense(self.blocks(self.words(x) + self.places).mean(1))
