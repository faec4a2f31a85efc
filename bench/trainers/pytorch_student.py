"""An Architecture as a PyTorch module, written as a PyTorch user would write it for speed.

Padding is kernel // 2 on both sides: TensorFlow's "same" differs from it in where a stride of 2 begins, not in the
sizes, so not in the time.
"""

import torch
from torch import nn
from torch.nn import functional as F

# Of src/ops/normalised.ts.
BATCH_NORM_EPSILON = 1e-3


def activation(name):
    return {"none": [], "relu": [nn.ReLU(inplace=True)], "relu6": [nn.ReLU6(inplace=True)]}[name]


def convolution(inputs, filters, groups, node):
    kernel = node["kernel"]
    return nn.Sequential(
        nn.Conv2d(inputs, filters, kernel, node["stride"], odd(kernel) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(filters, eps=BATCH_NORM_EPSILON),
        *activation(node["activation"]),
    )


def odd(kernel):
    if kernel % 2 == 0:
        raise ValueError(f"symmetric padding needs an odd kernel, got {kernel}")
    return kernel


class SqueezeExcite(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.squeeze = nn.Linear(channels, squeezed)
        self.excite = nn.Linear(squeezed, channels)

    def forward(self, x):
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean((2, 3))))))
        return x * gate[:, :, None, None]


class Add(nn.Module):
    def __init__(self, node):
        super().__init__()
        if node.get("dropRate", 0) > 0:
            raise ValueError("stochastic depth is not in this benchmark")
        self.activation = nn.Sequential(*activation(node.get("activation", "none")))

    def forward(self, branch, shortcut):
        return self.activation(branch + shortcut)


class Subsample(nn.Module):
    def __init__(self, inputs, node):
        super().__init__()
        self.stride = node["stride"]
        before = (node["channels"] - inputs) // 2
        self.padding = (0, 0, 0, 0, before, node["channels"] - inputs - before)

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], self.padding)


class GlobalAveragePool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def module(node, channels):
    """The module of a node whose first input has `channels`, and its own number of channels."""
    op = node["op"]
    if op == "conv":
        return convolution(channels, node["filters"], 1, node), node["filters"]
    if op == "depthwiseConv":
        return convolution(channels, channels, channels, node), channels
    if op == "squeezeExcite":
        return SqueezeExcite(channels, node["squeezeChannels"]), channels
    if op == "add":
        return Add(node), channels
    if op == "averagePool":
        kernel = odd(node["kernel"])
        return nn.AvgPool2d(kernel, node["stride"], kernel // 2, count_include_pad=False), channels
    if op == "maxPool":
        kernel = odd(node["kernel"])
        return nn.MaxPool2d(kernel, node["stride"], kernel // 2), channels
    if op == "subsample":
        return Subsample(channels, node), node["channels"]
    if op == "dropout":
        return nn.Dropout(node["rate"]), channels
    if op == "globalAveragePool":
        return GlobalAveragePool(), channels
    if op == "dense":
        return nn.Linear(channels, node["units"]), node["units"]
    raise ValueError(f"no op {op}")


class Student(nn.Module):
    """`architecture` as src/schemas/architecture.ts has it; images are `[batch, channels, height, width]`."""

    def __init__(self, architecture):
        super().__init__()
        self.inputs = [node["inputs"] for node in architecture["nodes"]]
        # The same tensor for a layer of its own as for a shortcut: values are kept until their last use.
        self.last_use = {source: index for index, sources in enumerate(self.inputs) for source in sources}
        channels = {-1: architecture["input"]["channels"]}
        self.layers = nn.ModuleList()
        for index, node in enumerate(architecture["nodes"]):
            layer, channels[index] = module(node, channels[node["inputs"][0]])
            self.layers.append(layer)

    def forward(self, images, shapes=None):
        """`shapes`: receives the shape of each node's output."""
        values = {-1: images}
        for index, (layer, sources) in enumerate(zip(self.layers, self.inputs)):
            values[index] = layer(*(values[source] for source in sources))
            if shapes is not None:
                shapes.append(list(values[index].shape[1:]))
            for source in set(sources):
                if self.last_use[source] == index:
                    del values[source]
        return values[len(self.layers) - 1]


def create_student(job):
    """The module of `job["architecture"]`, its sizes checked against those that the job gives."""
    student = Student(job["architecture"])
    parameters = sum(parameter.numel() for parameter in student.parameters())
    if parameters != job["parameterCount"]:
        raise ValueError(f"the module has {parameters} parameters, not {job['parameterCount']}")
    size = job["architecture"]["input"]
    shapes = []
    with torch.no_grad():
        student.eval()(torch.zeros(1, size["channels"], size["height"], size["width"]), shapes)
    for index, (found, wanted) in enumerate(zip(shapes, job["shapes"], strict=True)):
        # Ours have channels last.
        if found != ([wanted[2], *wanted[:2]] if len(wanted) == 3 else wanted):
            raise ValueError(f"node {index} gives {found}, not {wanted}")
    return student.train()
