"""Steps of the MNIST tutorial's network by Opacus's hooks on two threads; prints one JSON line. Run by main.mjs."""

import argparse
import json
import time

import torch
from opacus.grad_sample import GradSampleModule
from opacus.optimizers import DPOptimizer
from torch import nn

flags = argparse.ArgumentParser()
flags.add_argument("--mode", choices=["private", "plain"], required=True)
flags.add_argument("--batch", type=int, default=256)
flags.add_argument("--steps", type=int, default=8)
args = flags.parse_args()
torch.set_num_threads(2)

model = nn.Sequential(
    nn.Conv2d(1, 16, 8, stride=2, padding=3),
    nn.ReLU(),
    nn.MaxPool2d(2, stride=1),
    nn.Conv2d(16, 32, 4, stride=2),
    nn.ReLU(),
    nn.MaxPool2d(2, stride=1),
    nn.Flatten(),
    nn.Linear(512, 32),
    nn.ReLU(),
    nn.Linear(32, 10),
)
assert sum(p.numel() for p in model.parameters()) == 26_010
if args.mode == "private":
    model = GradSampleModule(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.15)
if args.mode == "private":
    optimizer = DPOptimizer(
        optimizer, noise_multiplier=1.1, max_grad_norm=1.0, expected_batch_size=args.batch
    )
x = torch.rand(args.batch, 1, 28, 28)
y = torch.randint(10, (args.batch,))


def step():
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()


for _ in range(3):
    step()
wall, cpu = time.perf_counter(), time.process_time()
for _ in range(args.steps):
    step()
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({"stepMs": 1000 * wall / args.steps, "cpuMs": 1000 * cpu / args.steps}))
