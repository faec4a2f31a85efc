"""The training step of train_step.ts in PyTorch: answers each line of stdin with its milliseconds per step."""

import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)
batch_size = 64


def convolution(inputs, filters, kernel, stride=1, groups=1, activation=True):
    layers = [
        nn.Conv2d(inputs, filters, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(filters, eps=1e-3),
    ]
    return nn.Sequential(*layers, nn.ReLU6()) if activation else nn.Sequential(*layers)


class Block(nn.Module):
    def __init__(self, inputs, filters, stride, kernel):
        super().__init__()
        middle = 3 * inputs
        self.residual = stride == 1 and inputs == filters
        self.body = nn.Sequential(
            convolution(inputs, middle, 1),
            convolution(middle, middle, kernel, stride, groups=middle),
            convolution(middle, filters, 1, activation=False),
        )

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


model = nn.Sequential(
    convolution(1, 16, 3, 2),
    Block(16, 16, 1, 3),
    Block(16, 24, 2, 3),
    Block(24, 24, 1, 5),
    Block(24, 40, 2, 3),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(40, 10),
).to(memory_format=torch.channels_last)
assert sum(parameter.numel() for parameter in model.parameters()) == 16586

optimizer = torch.optim.Adam(model.parameters(), 1e-3)
images = torch.randn(batch_size, 1, 28, 28).to(memory_format=torch.channels_last)
labels = torch.arange(batch_size) % 10
steps = int(sys.argv[1])

for _ in sys.stdin:
    start = time.perf_counter()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()
    print((time.perf_counter() - start) * 1000 / steps, flush=True)
