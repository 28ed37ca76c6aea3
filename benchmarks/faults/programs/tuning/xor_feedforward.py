import numpy as np

# XOR truth table
inputs = np.array([[0,0],[0,1],[1,0],[1,1]])
expected = np.array([[0],[1],[1],[0]])

class NeuralNetwork:
    def __init__(self, n_in=2, n_hidden=4, n_out=1, lr=2.0):
        np.random.seed(42)
        self.lr = lr
        self.weights1 = np.random.uniform(-1, 1, size=(n_in, n_hidden))
        self.bias1 = np.random.uniform(-1, 1, size=(1, n_hidden))
        self.weights2 = np.random.uniform(-1, 1, size=(n_hidden, n_out))
        self.bias2 = np.random.uniform(-1, 1, size=(1, n_out))

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    # x is already the OUTPUT of the sigmoid
    def sigmoid_derivative(self, x):
        return x * (1 - x)

    def feedforward(self, X):
        self.hidden = self.sigmoid(np.dot(X, self.weights1) + self.bias1)
        self.output = self.sigmoid(np.dot(self.hidden, self.weights2) + self.bias2)
        return self.output

    def loss(self, y):
        return np.mean((y - self.output) ** 2)

    def backprop(self, X, y):
        error = y - self.output
        n = y.shape[0]
        d_output = 2 * error * self.sigmoid_derivative(self.output) / n
        d_hidden = np.dot(d_output, self.weights2.T) * self.sigmoid_derivative(self.hidden)

        # error is y - output so we ADD
        self.weights2 += self.lr * np.dot(self.hidden.T, d_output)
        self.bias2 += self.lr * np.sum(d_output, axis=0, keepdims=True)
        self.weights1 += self.lr * np.dot(X.T, d_hidden)
        self.bias1 += self.lr * np.sum(d_hidden, axis=0, keepdims=True)

    def train(self, X, y, epochs):
        history = []
        for epoch in range(epochs):
            self.feedforward(X)
            history.append(self.loss(y))
            self.backprop(X, y)
            if epoch % 1000 == 0:
                print(f"epoch {epoch}: loss {history[-1]:.6f}")
        return history

    def predict(self, X):
        out = self.feedforward(X)
        return (out > 0.5).astype(int)

if __name__ == '__main__':
    nn = NeuralNetwork()
    nn.train(inputs, expected, 8000)
    print("predictions:", nn.predict(inputs).ravel())
    print("accuracy:", np.mean(nn.predict(inputs) == expected))
