"""TensorFlow Privacy: the Keras optimizer of its tutorials, a microbatch an example; plain steps are TensorFlow's."""

import os

from answers import answer, flags

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import tensorflow as tf
import tensorflow_privacy

args = flags()
tf.config.threading.set_intra_op_parallelism_threads(2)
layers = tf.keras.layers

if args.model == "mnist-cnn":
    batch = 256
    model = tf.keras.Sequential(
        [
            layers.Conv2D(16, 8, strides=2, padding="same", activation="relu"),
            layers.MaxPool2D(2, 1),
            layers.Conv2D(32, 4, strides=2, padding="valid", activation="relu"),
            layers.MaxPool2D(2, 1),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10),
        ]
    )
    x = tf.random.uniform([batch, 28, 28, 1])
    y = tf.one_hot(tf.random.uniform([batch], 0, 10, tf.int32), 10)
else:
    batch = 64
    model = tf.keras.Sequential([layers.LSTM(256, return_sequences=True), layers.Dense(65)])
    ids = tf.random.uniform([batch, 80], 0, 65, tf.int32)
    x, y = tf.one_hot(ids, 65), tf.one_hot(tf.roll(ids, -1, 1), 65)

model.build(x.shape)
if args.mode == "private":
    optimizer = tensorflow_privacy.DPKerasSGDOptimizer(
        l2_norm_clip=1.0, noise_multiplier=1.1, num_microbatches=batch, learning_rate=0.15
    )
else:
    optimizer = tf.keras.optimizers.legacy.SGD(0.15)


@tf.function
def update():
    with tf.GradientTape(persistent=True) as tape:
        losses = tf.nn.softmax_cross_entropy_with_logits(y, model(x, training=True))
        # A loss an example; their mean without privacy.
        losses = tf.reshape(losses, [batch, -1])
        losses = tf.reduce_mean(losses, axis=1 if args.mode == "private" else None)
    optimizer.minimize(losses, model.trainable_variables, tape=tape)


def step():
    update()
    model.trainable_variables[0].numpy()


answer(step, {"TF Privacy": tensorflow_privacy.__version__, "TensorFlow": tf.__version__})
