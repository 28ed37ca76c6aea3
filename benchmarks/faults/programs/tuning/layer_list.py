import numpy as np

rng = np.random.default_rng(3)


class Dense:
    def __init__(self, n_in, n_out):
        self.weights = rng.normal(0.0, np.sqrt(2.0 / n_in), size=(n_in, n_out))
        self.bias = np.zeros(n_out)

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.bias

    def backward(self, grad, lr):
        grad_inputs = grad @ self.weights.T
        grad_weights = self.inputs.T @ grad
        grad_bias = grad.sum(axis=0)
        self.weights -= lr * grad_weights
        self.bias -= lr * grad_bias
        return grad_inputs


class ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        return np.where(inputs > 0, inputs, 0.0)

    def backward(self, grad, lr):
        return grad * np.where(self.inputs > 0, 1.0, 0.0)


class Tanh:
    def forward(self, inputs):
        self.out = np.tanh(inputs)
        return self.out

    def backward(self, grad, lr):
        return grad * (1.0 - self.out ** 2)


def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size


def run_forward(layers, x):
    for layer in layers:
        x = layer.forward(x)
    return x


def run_backward(layers, grad, lr):
    for layer in reversed(layers):
        grad = layer.backward(grad, lr)


def fit(layers, x_train, y_train, epochs, lr, batch_size):
    n = len(x_train)
    for epoch in range(epochs):
        order = rng.permutation(n)
        x_train, y_train = x_train[order], y_train[order]
        for start in range(0, n, batch_size):
            xb = x_train[start:start + batch_size]
            yb = y_train[start:start + batch_size]
            out = run_forward(layers, xb)
            run_backward(layers, mse_prime(yb, out), lr)
        if (epoch + 1) % 20 == 0:
            error = mse(y_train, run_forward(layers, x_train))
            print("epoch %d/%d   error=%.6f" % (epoch + 1, epochs, error))
    return layers


# a bumpy surface to learn
x = rng.uniform(-2, 2, size=(400, 2))
y = (np.sin(1.5 * x[:, 0]) * np.cos(x[:, 1])).reshape(-1, 1)
x_train, x_test = x[:320], x[320:]
y_train, y_test = y[:320], y[320:]

mean = x_train.mean(axis=0)
std = x_train.std(axis=0)
x_train = (x_train - mean) / std
x_test = (x_test - mean) / std

network = [Dense(2, 24), ReLU(), Dense(24, 12), Tanh(), Dense(12, 1)]
fit(network, x_train, y_train, epochs=100, lr=0.05, batch_size=32)

print("test error: %.6f" % mse(y_test, run_forward(network, x_test)))
