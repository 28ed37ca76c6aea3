"""Columns are samples; helper functions by layer, caches are tuples, grads a dict; ReLU, then a sigmoid unit."""

import numpy as np


def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))  #: out_act
    return A, Z


def relu(Z):
    A = np.maximum(0, Z)  #: act
    return A, Z


def relu_backward(dA, activation_cache):
    Z = activation_cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0  #: slope
    return dZ


def initialize_parameters_deep(layer_dims):
    np.random.seed(5)
    parameters = {}
    for layer in range(1, len(layer_dims)):
        shape = (layer_dims[layer], layer_dims[layer - 1])
        parameters["W" + str(layer)] = np.random.randn(*shape) / np.sqrt(layer_dims[layer - 1])  #: init_W1
        parameters["b" + str(layer)] = np.zeros((layer_dims[layer], 1))  #: init_b1
    return parameters


def linear_forward(A, W, b):
    Z = np.dot(W, A) + b  #: Z
    return Z, (A, W, b)


def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = sigmoid(Z) if activation == "sigmoid" else relu(Z)  #: H
    return A, (linear_cache, activation_cache)


def model_forward(X, parameters):
    A1, cache1 = linear_activation_forward(X, parameters["W1"], parameters["b1"], "relu")
    AL, cache2 = linear_activation_forward(A1, parameters["W2"], parameters["b2"], "sigmoid")
    return AL, [cache1, cache2]


def compute_cost(AL, Y):
    m = Y.shape[1]  #: loss_n
    cost = -(np.dot(Y, np.log(AL).T) + np.dot(1 - Y, np.log(1 - AL).T)) / m  #: loss
    return cost.item()


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]  #: n
    dW = np.dot(dZ, A_prev.T) / m  #: dW1
    db = np.sum(dZ, axis=1, keepdims=True) / m  #: db1
    dA_prev = np.dot(W.T, dZ)  #: dH
    return dA_prev, dW, db


def model_backward(AL, Y, caches):
    grads = {}
    linear_cache, _ = caches[1]
    dZ2 = AL - Y  #: dO
    dA1, grads["dW2"], grads["db2"] = linear_backward(dZ2, linear_cache)
    linear_cache, activation_cache = caches[0]
    dZ1 = relu_backward(dA1, activation_cache)  #: dZ
    _, grads["dW1"], grads["db1"] = linear_backward(dZ1, linear_cache)
    return grads


def update_parameters(params, grads, learning_rate):
    parameters = {name: value.copy() for name, value in params.items()}
    for layer in range(len(parameters) // 2):
        parameters["W" + str(layer + 1)] -= learning_rate * grads["dW" + str(layer + 1)]  #: up_W1
        parameters["b" + str(layer + 1)] -= learning_rate * grads["db" + str(layer + 1)]  #: up_b1
    return parameters


def two_layer_model(X, Y, layers_dims, learning_rate=0.6, num_iterations=301, print_cost=True):
    parameters = initialize_parameters_deep(layers_dims)
    for i in range(num_iterations):  #: loop
        AL, caches = model_forward(X, parameters)  #: step_forward
        grads = model_backward(AL, Y, caches)  #: step_backward
        parameters = update_parameters(parameters, grads, learning_rate)  #: step_update
        if print_cost and i % 60 == 0:
            print("iteration", i, "loss", compute_cost(AL, Y))
    return parameters


def predict(X, parameters):
    AL, _ = model_forward(X, parameters)
    return (AL > 0.5).astype(int)  #: predict


if __name__ == "__main__":
    np.random.seed(4)
    X = np.random.randn(3, 100)
    Y = (X[:1] > np.abs(X[1:2])).astype(int)
    parameters = two_layer_model(X, Y, [3, 7, 1])
    print("accuracy", np.mean(predict(X, parameters) == Y))
