# the famous few lines, grown up: biases, a learning rate, and a forecast at the end
import numpy as np


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


# is the majority of the three bits set?
X = np.array([[0, 0, 0],
              [0, 0, 1],
              [0, 1, 0],
              [0, 1, 1],
              [1, 0, 0],
              [1, 0, 1],
              [1, 1, 0],
              [1, 1, 1]], dtype=float)
y = np.array([[0, 0, 0, 1, 0, 1, 1, 1]], dtype=float).T

np.random.seed(1)
alpha = 0.8

# weights with mean 0
syn0 = 2 * np.random.random((3, 5)) - 1
bias0 = np.zeros((1, 5))
syn1 = 2 * np.random.random((5, 1)) - 1
bias1 = np.zeros((1, 1))

for j in range(5000):

    # feed forward through layers 0, 1, and 2
    l0 = X
    l1 = nonlin(np.dot(l0, syn0) + bias0)
    l2 = nonlin(np.dot(l1, syn1) + bias1)

    # by how much did we miss?
    l2_error = y - l2
    if j % 1000 == 0:
        print("Error:", np.mean(np.abs(l2_error)))

    # in what direction is the target?
    l2_delta = l2_error * nonlin(l2, deriv=True)

    # how much did each l1 value contribute to the l2 error?
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)

    syn1 += alpha * l1.T.dot(l2_delta)
    bias1 += alpha * l2_delta.sum(axis=0)
    syn0 += alpha * l0.T.dot(l1_delta)
    bias0 += alpha * l1_delta.sum(axis=0)

print("Output After Training:")
print(l2)

new = np.array([[1, 0, 1], [0, 1, 0]])
hidden = nonlin(np.dot(new, syn0) + bias0)
answer = nonlin(np.dot(hidden, syn1) + bias1)
for bits, yes in zip(new, answer > 0.5):
    print("majority of", bits, "?", yes[0])
