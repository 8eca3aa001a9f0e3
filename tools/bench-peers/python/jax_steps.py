"""JAX Privacy: `clipped_grad` over microbatches of 8 examples, then Gaussian noise; plain steps are JAX and optax."""

from importlib.metadata import version

from answers import answer, flags

import jax
import jax.numpy as jnp
import jax_privacy
import optax

args = flags()
keys = iter(jax.random.split(jax.random.key(0), 16))
MICROBATCH = 8


def glorot(shape, fan_in, fan_out):
    bound = (6 / (fan_in + fan_out)) ** 0.5
    return jax.random.uniform(next(keys), shape, minval=-bound, maxval=bound)


def dense(fan_in, fan_out):
    return {"kernel": glorot((fan_in, fan_out), fan_in, fan_out), "bias": jnp.zeros(fan_out)}


def convolution(size, channels, filters):
    shape = (size, size, channels, filters)
    kernel = glorot(shape, size * size * channels, size * size * filters)
    return {"kernel": kernel, "bias": jnp.zeros(filters)}


def convolved(layer, x, padding):
    dimensions = ("NHWC", "HWIO", "NHWC")
    x = jax.lax.conv_general_dilated(
        x, layer["kernel"], (2, 2), padding, dimension_numbers=dimensions
    )
    x = jax.nn.relu(x + layer["bias"])
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 1, 1, 1), "VALID")


def cnn(parameters, x):
    x = convolved(parameters["first"], x, "SAME")
    x = convolved(parameters["second"], x, "VALID")
    x = x.reshape(x.shape[0], -1)
    x = jax.nn.relu(x @ parameters["hidden"]["kernel"] + parameters["hidden"]["bias"])
    return x @ parameters["logits"]["kernel"] + parameters["logits"]["bias"]


def lstm(parameters, x):
    cell = parameters["cell"]
    # The input's share of all steps at once.
    inputs = jnp.swapaxes(x @ cell["kernel"] + cell["bias"], 0, 1)

    def advance(state, gates):
        h, c = state
        i, f, g, o = jnp.split(gates + h @ cell["recurrent"], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((x.shape[0], 256))
    _, hidden = jax.lax.scan(advance, (zeros, zeros), inputs)
    hidden = jnp.swapaxes(hidden, 0, 1)
    return hidden @ parameters["logits"]["kernel"] + parameters["logits"]["bias"]


if args.model == "mnist-cnn":
    batch, apply = 256, cnn
    params = {
        "first": convolution(8, 1, 16),
        "second": convolution(4, 16, 32),
        "hidden": dense(512, 32),
        "logits": dense(32, 10),
    }
    assert sum(p.size for p in jax.tree.leaves(params)) == 26_010
    x = jax.random.uniform(next(keys), (batch, 28, 28, 1))
    y = jax.random.randint(next(keys), (batch,), 0, 10)
else:
    batch, apply = 64, lstm
    params = {
        "cell": {**dense(65, 1024), "recurrent": glorot((256, 1024), 256, 1024)},
        "logits": dense(256, 65),
    }
    ids = jax.random.randint(next(keys), (batch, 80), 0, 65)
    x, y = jax.nn.one_hot(ids, 65), jnp.roll(ids, -1, 1)

optimizer = optax.sgd(0.15)


def loss(params, x, y):
    return optax.softmax_cross_entropy_with_integer_labels(apply(params, x), y).mean()


if args.mode == "private":
    gradient = jax_privacy.clipped_grad(
        loss, l2_clip_norm=1.0, normalize_by=batch, batch_argnums=(1, 2), microbatch_size=MICROBATCH
    )
    privatizer = jax_privacy.noise_addition.gaussian_privatizer(
        stddev=1.1 * gradient.sensitivity() / batch, prng_key=1
    )
    optimizer = optax.chain(privatizer, optimizer)
else:
    gradient = jax.grad(loss)


@jax.jit
def update(params, state, x, y):
    updates, state = optimizer.update(gradient(params, x, y), state, params)
    return optax.apply_updates(params, updates), state


state = optimizer.init(params)


def step():
    global params, state
    params, state = jax.block_until_ready(update(params, state, x, y))


answer(step, {"JAX Privacy": version("jax_privacy"), "JAX": jax.__version__})
