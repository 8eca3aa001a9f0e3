"""Compares plain_mnist.mjs with PyTorch: gradients (in float64), the same training in float32, and how sharp the loss is.

    python tools/check-peers/plain_mnist_torch.py FOLDER      (needs torch; DP_DATA_DIR names MNIST, gzip)
"""
import gzip, json, os, sys
import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
FOLDER = sys.argv[1]
SHAPES = [(8, 8, 1, 16), (16,), (4, 4, 16, 32), (32,), (512, 32), (32,), (32, 10), (10,)]


def idx(name, header):
    for folder in (os.environ["DP_DATA_DIR"], os.path.join(os.environ["DP_DATA_DIR"], "mnist")):
        path = os.path.join(folder, name + ".gz")
        if os.path.exists(path):
            return np.frombuffer(gzip.open(path).read(), np.uint8, offset=header)
    sys.exit(f"DP_DATA_DIR holds no {name}.gz")


def pictures(part):
    x = idx(f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28).astype(np.float32) / 255
    return torch.tensor(x), torch.tensor(idx(f"{part}-labels-idx1-ubyte", 8).astype(np.int64))


def tensors(name, dtype=torch.float32):
    flat, at, out = np.fromfile(os.path.join(FOLDER, name + ".bin"), np.float32), 0, []
    for shape in SHAPES:
        size = int(np.prod(shape))
        out.append(torch.tensor(flat[at : at + size].reshape(shape), dtype=dtype, requires_grad=True))
        at += size
    return out


def logits(w, x):
    h = F.relu(F.conv2d(F.pad(x, (3, 3, 3, 3)), w[0].permute(3, 2, 0, 1), w[1], stride=2))
    h = F.relu(F.conv2d(F.max_pool2d(h, 2, 1), w[2].permute(3, 2, 0, 1), w[3], stride=2))
    h = F.max_pool2d(h, 2, 1).permute(0, 2, 3, 1).flatten(1)
    return F.relu(h @ w[4] + w[5]) @ w[6] + w[7]


def sharpness(w):
    """The largest eigenvalue of the loss's Hessian, by 25 power iterations on 2,048 pictures."""
    torch.manual_seed(0)
    some = torch.randint(0, len(X), (2048,))
    gradient = torch.autograd.grad(F.cross_entropy(logits(w, X[some]), Y[some]), w, create_graph=True)
    v = [torch.randn_like(g) for g in gradient]
    for _ in range(25):
        norm = sum((a * a).sum() for a in v) ** 0.5
        v = [a / norm for a in v]
        h = torch.autograd.grad(sum((g * a).sum() for g, a in zip(gradient, v)), w, retain_graph=True)
        value = sum((a * b).sum() for a, b in zip(h, v)).item()
        v = h
    return value


X, Y = pictures("train")
XT, YT = pictures("t10k")
run = json.load(open(os.path.join(FOLDER, "run.json")))
epochs = len(run["accuracies"])
steps_per_epoch = len(run["steps"]) // epochs
kept = [i for i, step in enumerate(run["steps"]) if step["kept"]]

errors = []
for i in kept:
    w, batch = tensors(f"weights-{i}", torch.float64), run["steps"][i]["indices"]
    exact = torch.autograd.grad(F.cross_entropy(logits(w, X[batch].double()), Y[batch]), w)
    errors += [((a - b).norm() / a.norm()).item() for a, b in zip(exact, tensors(f"gradients-{i}"))]
print(f"gradients at {len(kept)} steps: largest relative error of a variable {max(errors):.1e}")

for i in kept[:1] + kept[-epochs + 1 :]:
    print(f"step {i}: largest eigenvalue of the Hessian {sharpness(tensors(f'weights-{i}')):.1f}, 2 / rate = 20")

w = tensors("weights-0")
for i, step in enumerate(run["steps"]):
    loss = F.cross_entropy(logits(w, X[step["indices"]]), Y[step["indices"]])
    with torch.no_grad():
        for variable, gradient in zip(w, torch.autograd.grad(loss, w)):
            variable -= 0.1 * gradient
        if i in (10, 30):
            print(f"step {i}: loss {loss:.6f}, here {step['loss']:.6f}")
        if (i + 1) % steps_per_epoch == 0:
            accuracy = (logits(w, XT).argmax(1) == YT).float().mean()
            print(f"epoch {(i + 1) // steps_per_epoch}: {accuracy:.4f}, here {run['accuracies'][i // steps_per_epoch]:.4f}")
