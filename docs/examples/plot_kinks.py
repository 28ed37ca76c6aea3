"""
A hidden unit is a kink
=======================

ReLU is two straight lines, so the network is a function of flat pieces: each hidden unit adds one fold. Here
the output is a number (the regressor), and the fold of every unit, the x where its Z is 0, is marked below.
"""

import matplotlib.pyplot as plt
import numpy as np

from triceptron import ThreeLayerPerceptronRegressor

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(-3, 3, 200))
y = np.sin(2 * x) + rng.normal(0, 0.15, x.shape)
X = x[:, None]

figure, axes = plt.subplots(1, 3, figsize=(10, 3), sharey=True, layout="constrained")
everywhere = np.linspace(-3, 3, 601)[:, None]
for ax, h in zip(axes, (3, 10, 100), strict=True):
    model = ThreeLayerPerceptronRegressor(
        hidden_layer_sizes=(h,), init="he", solver="lbfgs", alpha=0, max_iter=5000, random_state=0
    ).fit(X, y)
    W1, b1 = model.coefs_[0], model.intercepts_[0]
    folds = -b1 / W1[0]
    ax.plot(x, y, ".", color="0.7", markersize=4)
    ax.plot(everywhere, model.predict(everywhere), color="#d55e00", linewidth=2)
    ax.plot(folds, np.full(h, -1.7), "|", color="#0072b2", markersize=9)
    ax.set(title=f"{h} hidden units", xlim=(-3, 3), xlabel="x")

# %%
# A fold is hard to move once the pieces around it fit: three units end with one fold that counts, ten follow
# the wave in the middle and go straight on beside it. Of a hundred some lie wherever one is needed.
