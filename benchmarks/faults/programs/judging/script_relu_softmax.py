"""A plain script: rows are samples, ReLU and softmax in the loop, labels are codes, a small penalty."""

import numpy as np

N, D, K, h = 50, 2, 3, 20
rng = np.random.default_rng(6)
X = np.zeros((N * K, D))
y = np.zeros(N * K, dtype=int)
for j in range(K):
    r = np.linspace(0.1, 1, N)
    t = np.linspace(2 * j, 2 * j + 1.5, N) + rng.normal(size=N) * 0.1
    X[N * j : N * (j + 1)] = np.c_[r * np.sin(t), r * np.cos(t)]
    y[N * j : N * (j + 1)] = j

W = rng.normal(size=(D, h)) * 0.3  #: init_W1
b = np.zeros((1, h))  #: init_b1
W2 = rng.normal(size=(h, K)) * 0.3  #: init_W2
b2 = np.zeros((1, K))  #: init_b2

step_size = 0.8
reg = 1e-3
num_examples = X.shape[0]  #: n
for i in range(150):  #: loop
    hidden_layer = np.maximum(0, np.dot(X, W) + b)  #: H,Z
    scores = np.dot(hidden_layer, W2) + b2  #: O

    exp_scores = np.exp(scores - scores.max(axis=1, keepdims=True))  #: exp
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)  #: norm

    correct_logprobs = -np.log(probs[range(num_examples), y])  #: log_likelihood
    data_loss = np.sum(correct_logprobs) / num_examples  #: loss
    reg_loss = 0.5 * reg * np.sum(W * W) + 0.5 * reg * np.sum(W2 * W2)
    loss = data_loss + reg_loss
    if i % 25 == 0:
        print("iteration", i, "loss", loss)

    dscores = probs
    dscores[range(num_examples), y] -= 1  #: dO
    dscores /= num_examples  #: mean

    dW2 = np.dot(hidden_layer.T, dscores)  #: dW2
    db2 = np.sum(dscores, axis=0, keepdims=True)  #: db2
    dhidden = np.dot(dscores, W2.T)  #: dH
    dhidden[hidden_layer <= 0] = 0  #: dZ
    dW = np.dot(X.T, dhidden)  #: dW1
    db = np.sum(dhidden, axis=0, keepdims=True)  #: db1

    dW2 += reg * W2  #: penalty
    dW += reg * W  #: penalty

    W += -step_size * dW  #: up_W1
    b += -step_size * db  #: up_b1
    W2 += -step_size * dW2  #: up_W2
    b2 += -step_size * db2  #: up_b2
