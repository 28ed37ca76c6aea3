"""The course assignment's style: a class whose loss(X, y, reg) returns the loss and the gradients."""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=0.1):
        self.params = {}
        self.params["W1"] = std * np.random.randn(input_size, hidden_size)  #: init_W1
        self.params["b1"] = np.zeros(hidden_size)  #: init_b1
        self.params["W2"] = std * np.random.randn(hidden_size, output_size)  #: init_W2
        self.params["b2"] = np.zeros(output_size)  #: init_b2

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N = X.shape[0]  #: n

        z1 = X.dot(W1) + b1  #: Z
        a1 = np.maximum(0, z1)  #: H
        scores = a1.dot(W2) + b2  #: O
        if y is None:
            return scores

        shifted = scores - np.max(scores, axis=1, keepdims=True)  #: exp
        exp_scores = np.exp(shifted)
        probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)  #: norm
        data_loss = np.sum(-np.log(probs[np.arange(N), y])) / N  #: loss
        loss = data_loss + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        grads = {}
        dscores = probs.copy()
        dscores[np.arange(N), y] -= 1  #: dO
        dscores /= N  #: mean
        grads["W2"] = a1.T.dot(dscores) + 2 * reg * W2  #: dW2
        grads["b2"] = np.sum(dscores, axis=0)  #: db2
        dhidden = dscores.dot(W2.T)  #: dH
        dhidden[z1 <= 0] = 0  #: dZ
        grads["W1"] = X.T.dot(dhidden) + 2 * reg * W1  #: dW1
        grads["b1"] = np.sum(dhidden, axis=0)  #: db1
        return loss, grads

    def train(self, X, y, learning_rate=0.5, reg=1e-4, num_iters=120, batch_size=40, verbose=False):
        loss_history = []
        for it in range(num_iters):  #: loop
            index = np.random.choice(len(X), batch_size)
            X_batch = X[index]  #: batch_X
            y_batch = y[index]
            loss, grads = self.loss(X_batch, y=y_batch, reg=reg)  #: step_backward
            loss_history.append(loss)
            self.params["W1"] -= learning_rate * grads["W1"]  #: up_W1
            self.params["b1"] -= learning_rate * grads["b1"]  #: up_b1
            self.params["W2"] -= learning_rate * grads["W2"]  #: up_W2
            self.params["b2"] -= learning_rate * grads["b2"]  #: up_b2
            if verbose and it % 20 == 0:
                print("iteration", it, "loss", loss)
        return loss_history

    def predict(self, X):
        return np.argmax(self.loss(X), axis=1)  #: predict


if __name__ == "__main__":
    np.random.seed(4)
    X = np.random.randn(100, 5)
    y = np.argmax(X[:, :3], axis=1)
    net = TwoLayerNet(5, 10, 3)
    history = net.train(X, y, verbose=True)
    print("accuracy", np.mean(net.predict(X) == y))
