"""Whole trainings in PyTorch, one after another, as a trainer process of a search does them.

Argument: the setup's file. Each line of stdin is a student's job; the answer says how long its training took.
"""

import json
import math
import sys
import time

import torch
from torch.nn import functional as F

from pytorch_student import create_student


def reply(message):
    print(json.dumps(message), flush=True)


def load_images(part):
    """Images `[count, height, width, channels]`: seen as channels first, they are channels_last without a copy."""
    size = part["count"] * math.prod(part["shape"])
    images = torch.from_file(part["images"], size=size, dtype=torch.float32)
    labels = torch.from_file(part["labels"], size=part["count"], dtype=torch.int32)
    return images.view(part["count"], *part["shape"]).clone(), labels.long()


def channels_first(images):
    return images.permute(0, 3, 1, 2)


def distillation_loss(logits, labels, teacher, setup):
    """Hinton's, as src/distillation/kd.ts has it."""
    alpha, temperature = setup["alpha"], setup["temperature"]
    divergence = F.kl_div(
        F.log_softmax(logits / temperature, 1), F.log_softmax(teacher / temperature, 1),
        reduction="batchmean", log_target=True,
    )
    return alpha * F.cross_entropy(logits, labels) + (1 - alpha) * temperature**2 * divergence


def train(job, setup, images, labels, teacher):
    model = create_student(job).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), setup["peakLearningRate"], fused=True)
    batch_size = setup["batchSize"]
    batches = job["trainImages"] // batch_size
    steps = job["epochs"] * batches
    for step in range(steps):
        batch = step % batches
        if batch == 0:
            order = torch.randperm(job["trainImages"])
        rows = order[batch * batch_size : (batch + 1) * batch_size]
        for group in optimizer.param_groups:
            group["lr"] = setup["peakLearningRate"] * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimizer.zero_grad()
        loss = distillation_loss(model(channels_first(images[rows])), labels[rows], teacher[rows], setup)
        loss.backward()
        optimizer.step()
        if not math.isfinite(loss.item()):
            raise ValueError(f"the loss is {loss.item()} at step {step + 1} of {steps}")
    return model, steps


def evaluate(model, images, labels):
    model.eval()
    with torch.inference_mode():
        chunks = zip(images.split(250), labels.split(250))
        right = sum((model(channels_first(x)).argmax(1) == y).sum().item() for x, y in chunks)
    return right / len(labels)


def main():
    with open(sys.argv[1]) as file:
        setup = json.load(file)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    images, labels = load_images(setup["train"])
    validation = load_images(setup["validation"])
    teacher = torch.randn(len(labels), setup["classes"])
    reply({"type": "ready"})
    for line in sys.stdin:
        job = json.loads(line)
        start = time.perf_counter()
        model, steps = train(job, setup, images, labels, teacher)
        accuracy = evaluate(model, *validation)
        reply({"type": "trained", "steps": steps, "accuracy": accuracy, "seconds": time.perf_counter() - start})


main()
