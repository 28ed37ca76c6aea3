# Fit a smooth function with a two-layer ReLU network and plain numpy.
# The style of framework tutorials: first everything by hand, later with autograd.
import numpy as np

np.random.seed(42)

# N samples, D_in inputs, H hidden units, D_out outputs
N, D_in, H, D_out = 64, 3, 40, 2

x = np.random.randn(N, D_in)
y = np.stack([np.sin(x[:, 0]) + x[:, 1], np.abs(x[:, 2])], axis=1)

# held-out points from the same distribution
x_test = np.random.randn(32, D_in)
y_test = np.stack([np.sin(x_test[:, 0]) + x_test[:, 1], np.abs(x_test[:, 2])], axis=1)

w1 = np.random.randn(D_in, H) / np.sqrt(D_in)
b1 = np.zeros(H)
w2 = np.random.randn(H, D_out) / np.sqrt(H)
b2 = np.zeros(D_out)

learning_rate = 5e-4
epochs = 400
t = 0
while t < epochs:
    # Forward pass: compute predicted y
    h = x.dot(w1) + b1
    h_relu = np.maximum(h, 0)
    y_pred = h_relu.dot(w2) + b2

    # Sum of squared errors
    loss = np.square(y_pred - y).sum()
    if t % 50 == 0:
        print("loss at", t, ":", loss)

    # Backprop: gradients of the loss with respect to all parameters
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.T.dot(grad_y_pred)
    grad_b2 = grad_y_pred.sum(axis=0)
    grad_h_relu = grad_y_pred.dot(w2.T)
    grad_h = grad_h_relu.copy()
    grad_h[h < 0] = 0
    grad_w1 = x.T.dot(grad_h)
    grad_b1 = grad_h.sum(axis=0)

    # Gradient descent
    w1 -= learning_rate * grad_w1
    b1 -= learning_rate * grad_b1
    w2 -= learning_rate * grad_w2
    b2 -= learning_rate * grad_b2
    t += 1

# Evaluate on the held-out points
y_hat = np.maximum(x_test.dot(w1) + b1, 0).dot(w2) + b2
print("test loss per sample", np.square(y_hat - y_test).sum() / len(x_test))
print("baseline            ", np.square(y.mean(axis=0) - y_test).sum() / len(x_test))
