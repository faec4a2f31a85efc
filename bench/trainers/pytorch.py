"""Training steps in PyTorch, by the protocol of trainer_process.ts.

Arguments: the form (eager, channels_last or compiled), the device (cpu or cuda), and the job's file.
"""

import json
import sys
import time

import torch
from torch.nn import functional as F

from pytorch_student import create_student


def reply(message):
    print(json.dumps(message), flush=True)


def create_step(job, form, device):
    batch_size = job["batchSize"]
    size = job["architecture"]["input"]
    memory_format = torch.contiguous_format if form == "eager" else torch.channels_last
    torch.manual_seed(1)
    model = create_student(job).to(device, memory_format=memory_format)
    images = torch.randn(batch_size, size["channels"], size["height"], size["width"])
    images = images.to(device, memory_format=memory_format)
    labels = (torch.arange(batch_size) % job["architecture"]["classes"]).to(device)
    # Fused is the fastest Adam that PyTorch has, on either device.
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)

    def loss_of(images, labels):
        return F.cross_entropy(model(images), labels)

    if form == "compiled":
        # On a GPU small students are bound by launches, which CUDA graphs take away.
        loss_of = torch.compile(loss_of, mode="reduce-overhead" if device == "cuda" else "default")

    def step():
        optimizer.zero_grad()
        loss = loss_of(images, labels)
        loss.backward()
        optimizer.step()
        # Waits for the GPU too.
        return loss.item()

    return step


def main():
    form, device, path = sys.argv[1:]
    with open(path) as file:
        job = json.load(file)
    torch.set_num_threads(job["threads"])
    try:
        step = create_step(job, form, device)
        step()
    except Exception as error:  # Whatever keeps this form from running is the reason that its row gives.
        lines = [line for line in str(error).splitlines() if line.strip()]
        reply({"type": "skipped", "reason": f"{type(error).__name__}: {lines[0] if lines else 'no message'}"})
        return
    reply({"type": "ready", "note": torch.cuda.get_device_name() if device == "cuda" else ""})
    for line in sys.stdin:
        steps = json.loads(line)["steps"]
        start = time.perf_counter()
        for _ in range(steps):
            loss = step()
        ms_per_step = (time.perf_counter() - start) * 1000 / steps
        reply({"type": "timed", "msPerStep": ms_per_step, "loss": loss})


main()
