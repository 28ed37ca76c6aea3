"""L-layer network: [LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID, with L2 regularization."""
import numpy as np


def make_moons(m, noise, rng):
    t = rng.uniform(0, np.pi, m)
    label = rng.integers(0, 2, m)
    x1 = np.where(label == 0, np.cos(t), 1 - np.cos(t))
    x2 = np.where(label == 0, np.sin(t), 0.5 - np.sin(t))
    X = np.vstack([x1, x2]) + rng.normal(0, noise, (2, m))
    return X, label.reshape(1, m)


def initialize_parameters_he(layers_dims):
    np.random.seed(3)
    parameters = {}
    L = len(layers_dims) - 1
    for l in range(1, L + 1):
        parameters['W' + str(l)] = np.random.randn(layers_dims[l], layers_dims[l-1]) * np.sqrt(2 / layers_dims[l-1])
        parameters['b' + str(l)] = np.zeros((layers_dims[l], 1))
    return parameters


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def relu(Z):
    return np.maximum(0, Z)


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        Z = np.dot(parameters['W' + str(l)], A_prev) + parameters['b' + str(l)]
        A = relu(Z)
        caches.append((A_prev, Z))
    ZL = np.dot(parameters['W' + str(L)], A) + parameters['b' + str(L)]
    caches.append((A, ZL))
    return sigmoid(ZL), caches


def compute_cost_with_regularization(AL, Y, parameters, lambd):
    m = Y.shape[1]
    cross_entropy_cost = -1 / m * np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))
    L2 = 0
    for l in range(1, len(parameters) // 2 + 1):
        L2 += np.sum(np.square(parameters['W' + str(l)]))
    return cross_entropy_cost + lambd / (2 * m) * L2


def L_model_backward(AL, Y, caches, parameters, lambd):
    grads = {}
    L = len(caches)
    m = AL.shape[1]
    dZ = AL - Y
    for l in range(L, 0, -1):
        A_prev, Z = caches[l - 1]
        W = parameters['W' + str(l)]
        grads['dW' + str(l)] = 1 / m * np.dot(dZ, A_prev.T) + lambd / m * W
        grads['db' + str(l)] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        if l > 1:
            dA_prev = np.dot(W.T, dZ)
            dZ = relu_backward(dA_prev, caches[l - 2][1])
    return grads


def update_parameters(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(1, L + 1):
        parameters['W' + str(l)] -= learning_rate * grads['dW' + str(l)]
        parameters['b' + str(l)] -= learning_rate * grads['db' + str(l)]
    return parameters


def model(X, Y, layers_dims, learning_rate=0.3, num_iterations=2000, lambd=0.1):
    costs = []
    parameters = initialize_parameters_he(layers_dims)
    for i in range(num_iterations):
        AL, caches = L_model_forward(X, parameters)
        cost = compute_cost_with_regularization(AL, Y, parameters, lambd)
        grads = L_model_backward(AL, Y, caches, parameters, lambd)
        parameters = update_parameters(parameters, grads, learning_rate)
        if i % 200 == 0:
            costs.append(cost)
            print("cost: {:.5f}, after iteration {}".format(cost, i))
    return parameters, costs


def predict(X, parameters):
    AL, _ = L_model_forward(X, parameters)
    return (AL > 0.5).astype(int)


if __name__ == "__main__":
    rng = np.random.default_rng(8)
    train_X, train_Y = make_moons(300, 0.15, rng)
    test_X, test_Y = make_moons(100, 0.15, rng)
    parameters, costs = model(train_X, train_Y, [train_X.shape[0], 16, 8, 1])
    print("On the train set: Accuracy:", np.mean(predict(train_X, parameters) == train_Y))
    print("On the test set: Accuracy:", np.mean(predict(test_X, parameters) == test_Y))
