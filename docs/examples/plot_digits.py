"""
What fifty hidden units look for
================================

The digits job of the text, in Python: 1,797 images of 8 × 8 pixels, 60 % to learn from, 1,000 steps of plain
gradient descent.
"""

# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt

from triceptron import datasets, initialize, plots, steps, train

training_part, test_part = datasets.split(datasets.load_digits())
standardisation = datasets.Standardisation.fit(training_part.X)
X, test_X = standardisation.transform(training_part.X), standardisation.transform(test_part.X)

start = initialize(64, 50, 10, scheme="exercise", rng=32)
training = train(start, X, training_part.y, test=(test_X, test_part.y), epochs=1000, learning_rate=0.03)

# %%
# Both losses fall, the test loss less far: what is left between them was learned by heart.

history = training.history
_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
plots.loss_curve(history.train_loss, history.test_loss, ax=ax)

# %%
# Each column of W1 is a picture: red where ink makes its unit active, blue where ink keeps it still.

_, ax = plt.subplots(figsize=(10, 5), layout="constrained")
plots.hidden_units(training.parameters.W1, (8, 8), ax=ax)

# %%
# Which digit was taken for which? Off the diagonal are the mistakes.

predicted = steps.predict(test_X, training.parameters)
_, ax = plt.subplots(figsize=(6, 6), layout="constrained")
plots.confusion_matrix(test_part.y, predicted, [str(digit) for digit in range(10)], ax=ax)
