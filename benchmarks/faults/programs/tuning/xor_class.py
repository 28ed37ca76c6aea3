import numpy as np


class NeuralNetwork:
    """2 inputs -> hidden sigmoid layer -> 1 sigmoid output, squared error."""

    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.5):
        rng = np.random.RandomState(7)
        self.learning_rate = learning_rate
        self.weights_input_hidden = rng.uniform(-1, 1, (input_size, hidden_size))
        self.weights_hidden_output = rng.uniform(-1, 1, (hidden_size, output_size))
        self.bias_hidden = np.zeros((1, hidden_size))
        self.bias_output = np.zeros((1, output_size))
        self.history = []

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def sigmoid_derivative(self, x):
        # x has already been through the sigmoid
        return x * (1 - x)

    def feedforward(self, X):
        self.hidden_input = np.dot(X, self.weights_input_hidden) + self.bias_hidden
        self.hidden_output = self.sigmoid(self.hidden_input)
        self.final_input = np.dot(self.hidden_output, self.weights_hidden_output) + self.bias_output
        self.final_output = self.sigmoid(self.final_input)
        return self.final_output

    def backward(self, X, y):
        error = y - self.final_output
        output_delta = error * self.sigmoid_derivative(self.final_output)

        hidden_error = output_delta.dot(self.weights_hidden_output.T)
        hidden_delta = hidden_error * self.sigmoid_derivative(self.hidden_output)

        self.weights_hidden_output += self.learning_rate * self.hidden_output.T.dot(output_delta)
        self.bias_output += self.learning_rate * np.sum(output_delta, axis=0, keepdims=True)
        self.weights_input_hidden += self.learning_rate * X.T.dot(hidden_delta)
        self.bias_hidden += self.learning_rate * np.sum(hidden_delta, axis=0, keepdims=True)

    def train(self, X, y, epochs):
        for epoch in range(epochs):
            output = self.feedforward(X)
            self.backward(X, y)
            loss = np.mean(np.square(y - output))
            self.history.append(loss)
            if epoch % 1000 == 0:
                print(f"Epoch {epoch}, Loss: {loss:.5f}")

    def predict(self, X):
        return (self.feedforward(X) > 0.5).astype(int)


if __name__ == "__main__":
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0], [1], [1], [0]])

    nn = NeuralNetwork(input_size=2, hidden_size=4, output_size=1)
    nn.train(X, y, epochs=8000)

    print("Predictions after training:")
    for row, answer in zip(X, nn.predict(X)):
        print(row, "->", answer[0])
