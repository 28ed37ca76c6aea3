"""Columns are samples; parameters, cache and grads are dicts; tanh, then one sigmoid unit."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))  #: out_act


def initialize_parameters(n_x, n_h, n_y):
    W1 = np.random.randn(n_h, n_x) * 0.5  #: init_W1
    b1 = np.zeros((n_h, 1))  #: init_b1
    W2 = np.random.randn(n_y, n_h) * 0.5  #: init_W2
    b2 = np.zeros((n_y, 1))  #: init_b2
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def forward_propagation(X, parameters):
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    Z1 = np.dot(W1, X) + b1  #: Z
    A1 = np.tanh(Z1)  #: H
    Z2 = np.dot(W2, A1) + b2  #: O
    A2 = sigmoid(Z2)  #: P
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_cost(A2, Y):
    m = Y.shape[1]  #: loss_n
    logprobs = Y * np.log(A2) + (1 - Y) * np.log(1 - A2)  #: log_likelihood
    cost = -np.sum(logprobs) / m  #: loss
    return float(np.squeeze(cost))


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]  #: n
    W2 = parameters["W2"]
    A1 = cache["A1"]
    A2 = cache["A2"]
    dZ2 = A2 - Y  #: dO
    dW2 = np.dot(dZ2, A1.T) / m  #: dW2
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m  #: db2
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))  #: dZ
    dW1 = np.dot(dZ1, X.T) / m  #: dW1
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m  #: db1
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, grads, learning_rate=1.2):
    W1 = parameters["W1"] - learning_rate * grads["dW1"]  #: up_W1
    b1 = parameters["b1"] - learning_rate * grads["db1"]  #: up_b1
    W2 = parameters["W2"] - learning_rate * grads["dW2"]  #: up_W2
    b2 = parameters["b2"] - learning_rate * grads["db2"]  #: up_b2
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def nn_model(X, Y, n_h, num_iterations=200, print_cost=False):
    parameters = initialize_parameters(X.shape[0], n_h, Y.shape[0])
    for i in range(num_iterations):  #: loop
        A2, cache = forward_propagation(X, parameters)  #: step_forward
        cost = compute_cost(A2, Y)
        grads = backward_propagation(parameters, cache, X, Y)  #: step_backward
        parameters = update_parameters(parameters, grads)  #: step_update
        if print_cost and i % 50 == 0:
            print("loss after iteration", i, ":", cost)
    return parameters


def predict(parameters, X):
    A2, cache = forward_propagation(X, parameters)
    return A2 > 0.5  #: predict


if __name__ == "__main__":
    np.random.seed(3)
    X = np.random.randn(2, 120)
    Y = (X[0:1] * X[1:2] > 0).astype(float)
    parameters = nn_model(X, Y, 6, print_cost=True)
    print("accuracy", np.mean(predict(parameters, X) == Y))
