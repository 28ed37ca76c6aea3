"""
A wrong gradient learns, too
============================

In the published code of the text ``ReLU`` overwrites its argument, so that every slope is taken as 1. The
loss falls all the same. What tells the truth is the derivative itself: central differences of the loss, entry
by entry.
"""

import matplotlib.pyplot as plt
import numpy as np

from triceptron import datasets, initialize, steps

part, _ = datasets.split(datasets.load_digits())
X = datasets.Standardisation.fit(part.X).transform(part.X)
Y = steps.one_hot(part.y, 10, X.dtype)


def right(parameters):
    Z, H, O = steps.forward(X, parameters)
    return steps.compute_gradient(Y, steps.softmax(O), H, Z, X, parameters)


def wrong(parameters):
    Z, H, O = steps.forward(X, parameters)
    dO = (steps.softmax(O) - Y) / len(X)
    return steps.backpropagate(dO, H, np.ones_like(Z), X, parameters)  # every slope is 1


def loss(parameters):
    return steps.cross_entropy(Y, steps.forward(X, parameters).O)


start = initialize(64, 50, 10, scheme="exercise", rng=32)
epochs = range(1, 301)


def losses(gradient):
    parameters, curve = start, []
    for _ in epochs:
        curve.append(loss(parameters))
        parameters = steps.update(parameters, gradient(parameters), 0.03)
    return curve


# %%
# Beside the curves: entries of dW1 at the start, as each gradient has them and as central differences do.


def central_difference(entry, step=1e-5):
    up, down = (start._replace(W1=start.W1.copy()) for _ in range(2))
    up.W1[entry] += step
    down.W1[entry] -= step
    return (loss(up) - loss(down)) / (2 * step)


entries = [(pixel, pixel) for pixel in range(10, 50)]
truth = [central_difference(entry) for entry in entries]

figure, (left, beside) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for gradient, colour in ((right, "#0072b2"), (wrong, "#d55e00")):
    label = f"{gradient.__name__} gradient"
    left.plot(epochs, losses(gradient), color=colour, label=label)
    dW1 = gradient(start).dW1
    beside.plot(truth, [dW1[entry] for entry in entries], "o", color=colour, markersize=4, label=label)
left.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
beside.axline((0, 0), slope=1, color="0.7", linewidth=1)
beside.set(xlabel="central differences", ylabel="dW1", xticks=[-0.002, 0, 0.002])
left.legend(frameon=False)
beside.legend(frameon=False)

# %%
# Of the curves on the left nobody could say which is wrong; on the right it is seen at a glance.
# ``triceptron check`` makes that comparison for you, in your own program.
