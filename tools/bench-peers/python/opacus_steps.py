"""Opacus: hooks that keep per-example gradients, and DPLSTM; plain steps are PyTorch's, with its own LSTM."""

from answers import answer, flags

import opacus
import torch
from opacus.grad_sample import GradSampleModule
from opacus.layers import DPLSTM
from opacus.optimizers import DPOptimizer
from torch import nn

args = flags()
private = args.mode == "private"
torch.set_num_threads(2)


class CharacterModel(nn.Module):
    """One-hot characters to logits at every step."""

    def __init__(self):
        super().__init__()
        self.lstm = (DPLSTM if private else nn.LSTM)(65, 256, batch_first=True)
        self.logits = nn.Linear(256, 65)

    def forward(self, x):
        return self.logits(self.lstm(x)[0])


if args.model == "mnist-cnn":
    batch = 256
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
    x = torch.rand(batch, 1, 28, 28)
    y = torch.randint(10, (batch,))
else:
    batch = 64
    model = CharacterModel()
    ids = torch.randint(65, (batch, 80))
    x = nn.functional.one_hot(ids, 65).float()
    y = ids.roll(-1, 1)

if private:
    model = GradSampleModule(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.15)
if private:
    optimizer = DPOptimizer(
        optimizer, noise_multiplier=1.1, max_grad_norm=1.0, expected_batch_size=batch
    )


def step():
    optimizer.zero_grad()
    logits = model(x)
    nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1)).backward()
    optimizer.step()


answer(step, {"Opacus": opacus.__version__, "PyTorch": torch.__version__})
